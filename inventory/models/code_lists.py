"""Code lists that several subjects share."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Tier(models.TextChoices):
    NATION = "nation", _("nation")
    PROVINCE = "province", _("province")
    CITY = "city", _("city")
    COUNTY = "county", _("county")
    TOWNSHIP = "township", _("township")
    VILLAGE = "village", _("village")


class AccessClass(models.TextChoices):
    """User classes of DB34/T 3607-2020: which areas of the network the user reaches, and by which exit."""

    A = "A", _("A: public area only")
    B = "B", _("B: public area, Internet by the unified exit")
    C = "C", _("C: public area, Internet by its own exit")
    D = "D", _("D: public and private area, Internet by the unified exit")
    E = "E", _("E: public and private area, Internet by its own exit")
    F = "F", _("F: inside a government campus")
