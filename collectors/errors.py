"""Why a device could not be read, and whether asking again can help."""


class CollectError(Exception):
    """The message says what to check next and holds no secret."""

    code = "collect_failed"
    transient = False

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message

    def __str__(self) -> str:
        return self.message


class Unreachable(CollectError):
    """Nothing answered in time."""

    code = "unreachable"
    transient = True


class Refused(CollectError):
    """The host is there and says that nothing listens on the port."""

    code = "refused"
    transient = True


class BadAddress(CollectError):
    """The device can't be asked at this address, or not from the address that was chosen for asking."""

    code = "bad_address"


class AuthenticationFailed(CollectError):
    """`report` is the agent's own word for it, such as "wrongDigests"; empty when it gave none."""

    code = "authentication_failed"

    def __init__(self, message: str, report: str = "") -> None:
        super().__init__(message)
        self.args = (message, report)
        self.report = report


class BadAnswer(CollectError):
    """The device answered with something that breaks the protocol."""

    code = "bad_answer"


class AgentError(CollectError):
    """The device understood the request and refused it; `status` is the protocol's name for the reason."""

    code = "agent_error"

    def __init__(self, message: str, status: str = "genErr") -> None:
        super().__init__(message)
        self.args = (message, status)
        self.status = status
