"""What all response models share: strict keys, freshness, the list envelope, the error body."""

from typing import Generic, TypeVar

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


class Listed(ListedFacts, Generic[Row]):
    """A list as seed 004 shapes it."""

    data: list[Row]


class ErrorBody(Wire):
    """Every refusal has this body."""

    error: str = Field(examples=["no race 4711 is stored"])
    details: list[dict[str, str]] | None = Field(
        default=None, examples=[[{"parameter": "race_id", "problem": "is missing"}]]
    )
