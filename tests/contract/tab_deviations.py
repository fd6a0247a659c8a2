"""Where the real feed breaks its own description, and where we serve what no recorded answer shows. One place."""

# The recorded answers break `openapi.json` in exactly these ways (path, problem); the simulated TAB may do the same.
FROM_DESCRIPTION = {
    (".race.video_channels_meta.*", "dict for array"): "channels carry an object of programme notes, not numbers",
    (".big_bets[].legs[].race.entrant_id", "str for array"): "ids in bets are UUID text, not numbers",
    (".live_bets[].legs[].race.entrant_id", "str for array"): "the same",
    (".biggest_bet.legs[].race.entrant_id", "str for array"): "the same",
    (".big_bets[].legs[].selections[].entrants[].entrant_id", "str for array"): "the same, in bets on many runners",
    (".live_bets[].legs[].selections[].entrants[].entrant_id", "str for array"): "the same",
}

# What is served without a recorded answer that shows it (path, JSON type).
FROM_RECORDINGS = {
    (".race.protest", "boolean"): "described; seen in the recorded card, but no recorded event had a protest",
    (".race.protest_reason", "string"): "the same",
}

# Objects whose keys are data: dates of a runner's changes, names of channels.
MAPS = (".runner_change", ".video_channels_meta")
