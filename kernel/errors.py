"""Failures the product expects, each with a code that callers may rely on."""


class ProductError(Exception):
    """Base of every expected failure. `code` is stable; the message is a sentence for people."""

    code = "refused"
    status = 400

    def __init__(self, message: str = "", **details: object) -> None:
        super().__init__(message)
        self.message = message
        self.details = details


class StaleEdit(ProductError):
    """The row was changed by somebody else after it was opened. `details["current"]` is the stored row."""

    code = "stale_edit"
    status = 412


class GuardedField(ProductError):
    """The field changes only by an approved request; the message names the kind of request to make."""

    code = "guarded_field"


class StillUsed(ProductError):
    """Other rows refer to this one. `details["protected"]` lists them as text."""

    code = "still_used"
    status = 409


class RowsRejected(ProductError):
    """A set of rows was refused as a whole. `rows` maps a row's position to {field: [messages]}."""

    code = "rows_rejected"

    def __init__(self, message: str, rows: dict[int, dict[str, list[str]]]) -> None:
        super().__init__(message)
        self.rows = rows


class OutsideWritePath(ProductError):
    """Code tried to change recorded rows without `kernel.writes`; this is a defect of the caller."""

    code = "outside_write_path"
    status = 500


class OutOfScope(ProductError):
    """The write would touch a row that the actor's grants don't cover."""

    code = "out_of_scope"
    status = 403
