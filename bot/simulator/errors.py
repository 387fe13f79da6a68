"""The one error a Mattermost server answers with: AppError, a status with a stable id."""


class ApiError(Exception):
    """Refusal with HTTP ``status`` and the ``id`` a real server sends."""

    def __init__(self, status: int, id: str, message: str = "", detail: str = "", *, surprising: bool = True) -> None:
        super().__init__(f"{status} {id} {message}".strip())
        self.status = status
        self.id = id
        self.message = message or id
        self.detail = detail
        self.surprising = surprising
        """False where even a correct bot meets this refusal, such as a post that somebody deleted."""

    def body(self, request_id: str = "") -> dict[str, object]:
        return {
            "id": self.id,
            "message": self.message,
            "detailed_error": self.detail,
            "request_id": request_id,
            "status_code": self.status,
        }


def forbidden(message: str = "You do not have the appropriate permissions.") -> ApiError:
    return ApiError(403, "api.context.permissions.app_error", message)


def invalid_parameter(name: str) -> ApiError:
    return ApiError(400, "api.context.invalid_body_param.app_error", f"Invalid or missing {name} in request body.")


def invalid_url_parameter(name: str) -> ApiError:
    return ApiError(
        400, "api.context.invalid_url_param.app_error", f"Invalid or missing {name} parameter in request URL."
    )


def missing(id: str = "app.resource.missing.app_error", message: str = "") -> ApiError:
    return ApiError(404, id, message)
