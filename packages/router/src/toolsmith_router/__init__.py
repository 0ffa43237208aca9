"""A base model and its adapter as a Router: cached toolbox, span-grounded decoding, batches.

Importing this module is light; torch is loaded with the first name that needs it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from toolsmith_router.light.router import LightRouter, load_light
    from toolsmith_router.loading import LoadedModel, load_model
    from toolsmith_router.model_router import ModelRouter, load_router

__all__ = ["LightRouter", "LoadedModel", "ModelRouter", "load_light", "load_model", "load_router"]

_HOMES = {
    "LightRouter": "light.router",
    "load_light": "light.router",
    "LoadedModel": "loading",
    "load_model": "loading",
    "ModelRouter": "model_router",
    "load_router": "model_router",
}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        from importlib import import_module

        return getattr(import_module(f"toolsmith_router.{_HOMES[name]}"), name)
    raise AttributeError(name)
