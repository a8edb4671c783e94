"""A bound on what a browser sends, held before the body is read."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadhandler import FileUploadHandler

from kernel.derive.files import MAX_MB

# A file somewhat over a page's own limit is read, so that the page can say so beside its field.
_SLACK = 5


class BoundedUploads(FileUploadHandler):
    def handle_raw_input(self, input_data: Any, META: Any, content_length: int, *args: Any, **kwargs: Any) -> None:
        most = max(settings.ATTACHMENT_MAX_MB, MAX_MB) * _SLACK * 1024 * 1024
        if content_length > most:
            raise RequestDataTooBig("The upload is larger than any page takes.")

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        return raw_data

    def file_complete(self, file_size: int) -> None:
        return None
