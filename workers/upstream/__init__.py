"""The TAB affiliates API: asked gently, parsed strictly where it counts."""
