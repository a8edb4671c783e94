"""A document as it goes to a browser or a program: to be saved, never to be shown or run in the product's name."""

from __future__ import annotations

from django.http import FileResponse, Http404

from kernel import storage
from kernel.models import Attachment


def file_response(attachment: Attachment) -> FileResponse:
    try:
        file = storage.path_of(attachment.sha256).open("rb")
    except OSError as missing:
        raise Http404 from missing
    content_type = attachment.content_type
    response = FileResponse(file, as_attachment=True, filename=attachment.name, content_type=content_type)
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Cache-Control"] = "private, no-store"
    return response
