"""What all response models share: strict keys, freshness, the list envelope, the error body."""

from typing import Any, Generic, TypeVar

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

Row = TypeVar("Row")


class Wire(BaseModel):
    """A part of an answer; a column too many in a query is a mistake, not an extension."""

    model_config = ConfigDict(extra="forbid")


class Freshness(Wire):
    """How old the prices are, so that a quiet market can be told from a broken feed."""

    last_polled_at: AwareDatetime | None = Field(description="The last good poll of the race")
    age_seconds: int | None = Field(description="Seconds since that poll, when this was served", examples=[4])
    stale: bool = Field(description="No good poll for longer than two intervals and a deadline", examples=[False])


class ListedFacts(Wire):
    """All of a list as seed 004 shapes it but its rows."""

    success: bool = True
    count: int = Field(description="Rows in this answer")
    limit: int
    offset: int


def _list_of_one(schema: dict[str, Any], model: type[BaseModel]) -> None:
    """Give a list the example of its rows."""
    for row in model.__pydantic_generic_metadata__["args"]:
        example = row.model_config["json_schema_extra"]["examples"][0]
        schema["examples"] = [{"success": True, "count": 1, "data": [example], "limit": 100, "offset": 0}]


class Listed(ListedFacts, Generic[Row]):
    """A list as seed 004 shapes it."""

    model_config = ConfigDict(json_schema_extra=_list_of_one)

    data: list[Row]


class ErrorBody(Wire):
    """Every refusal has this body."""

    error: str = Field(examples=["no race 4711 is stored"])
    details: list[dict[str, str]] | None = Field(
        default=None, examples=[[{"parameter": "race_id", "problem": "is missing"}]]
    )
