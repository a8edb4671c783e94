"""Kinds of ports, with the values that NetBox's API uses."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class InterfaceType(models.TextChoices):
    VIRTUAL = "virtual", _("virtual")
    BRIDGE = "bridge", _("bridge")
    LAG = "lag", _("link aggregation")
    FE_TX = "100base-tx", "100BASE-TX (10/100ME)"
    FE_FX = "100base-fx", "100BASE-FX (10/100ME)"
    GE_T = "1000base-t", "1000BASE-T (1GE)"
    GE_GBIC = "1000base-x-gbic", "GBIC (1GE)"
    GE_SFP = "1000base-x-sfp", "SFP (1GE)"
    GE25_T = "2.5gbase-t", "2.5GBASE-T (2.5GE)"
    GE5_T = "5gbase-t", "5GBASE-T (5GE)"
    GE10_T = "10gbase-t", "10GBASE-T (10GE)"
    GE10_SFPP = "10gbase-x-sfpp", "SFP+ (10GE)"
    GE10_XFP = "10gbase-x-xfp", "XFP (10GE)"
    GE25_SFP28 = "25gbase-x-sfp28", "SFP28 (25GE)"
    GE40_QSFPP = "40gbase-x-qsfpp", "QSFP+ (40GE)"
    GE50_SFP56 = "50gbase-x-sfp56", "SFP56 (50GE)"
    GE100_CFP = "100gbase-x-cfp", "CFP (100GE)"
    GE100_QSFP28 = "100gbase-x-qsfp28", "QSFP28 (100GE)"
    GE200_QSFP56 = "200gbase-x-qsfp56", "QSFP56 (200GE)"
    GE400_QSFPDD = "400gbase-x-qsfpdd", "QSFP-DD (400GE)"
    WIFI_AC = "ieee802.11ac", "IEEE 802.11ac"
    WIFI_AX = "ieee802.11ax", "IEEE 802.11ax"
    LTE = "lte", "LTE"
    NR_5G = "5g", "5G"
    STM_1 = "sonet-oc3", "OC-3/STM-1"
    STM_4 = "sonet-oc12", "OC-12/STM-4"
    STM_16 = "sonet-oc48", "OC-48/STM-16"
    STM_64 = "sonet-oc192", "OC-192/STM-64"
    E1 = "e1", "E1 (2.048 Mbps)"
    EPON = "epon", "EPON (1 Gbps / 1 Gbps)"
    GPON = "gpon", "GPON (2.5 Gbps / 1.25 Gbps)"
    OTHER = "other", _("other")
