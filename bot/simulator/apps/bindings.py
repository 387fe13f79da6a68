"""Cleaning and merging of bindings, in the order the plugin does it (Apps plugin v1.2.2)."""

from dataclasses import dataclass, field
from typing import Any

from bot.simulator.apps.forms_cleaning import IconUrl, clean_form, clean_icon, has_blank

Json = dict[str, Any]

COMMAND = "/command"
CHANNEL_HEADER = "/channel_header"
TOP_LOCATIONS = (COMMAND, "/post_menu", CHANNEL_HEADER)


@dataclass(slots=True, kw_only=True)
class BindingsCleaner:
    """Cleans one App's answer; what was wrong is collected in `problems`."""

    app_id: str
    granted_locations: tuple[str, ...]
    icon_url: IconUrl
    user_agent: str = ""
    """The query key `user_agent_type`, which current clients do not send."""
    problems: list[str] = field(default_factory=list)

    def clean(self, bindings: list[Json], parent: str = "") -> list[Json]:
        """Duplicates stay: the plugin looks for them but never remembers what it has seen."""
        cleaned = (self._clean_one(dict(binding), parent) for binding in bindings)
        return [binding for binding in cleaned if binding is not None]

    def _clean_one(self, binding: Json, parent: str) -> Json | None:
        if not self._locate(binding, parent):
            return None
        place = _join(parent, binding["location"])
        if not any(place.startswith(granted) for granted in self.granted_locations):
            self.problems.append(f"{place}: not granted: forbidden")
            return None
        if place not in TOP_LOCATIONS:
            binding["app_id"] = self.app_id
        if place != COMMAND and place.startswith(COMMAND) and not self._label_command(binding, place):
            return None
        self._clean_icon(binding, place)
        if parent == CHANNEL_HEADER and "icon" not in binding and self.user_agent == "webapp":
            self.problems.append(f"{place}: a channel header button needs an icon")
            return None
        return self._clean_content(binding, place)

    def _locate(self, binding: Json, parent: str) -> bool:
        location = binding.get("location") or binding.get("label", "")
        if not location:
            self.problems.append(f"{parent}: a binding has no location and no label")
            return False
        binding["location"] = location.strip()
        if binding["location"] != location:
            self.problems.append(f"{_join(parent, binding['location'])}: blanks around the location are cut")
        return True

    def _label_command(self, binding: Json, place: str) -> bool:
        label = binding.get("label") or binding["location"]
        binding["label"] = label.strip()
        if binding["label"] != label:
            self.problems.append(f"{place}: blanks around the label are cut")
        if has_blank(binding["label"]):
            self.problems.append(f'{place}: command label "{binding["label"]}" has a blank in it')
            return False
        return True

    def _clean_icon(self, binding: Json, place: str) -> None:
        icon = clean_icon(binding, place, icon_url=self.icon_url, problems=self.problems)
        binding.pop("icon", None)
        if icon:
            binding["icon"] = icon

    def _clean_content(self, binding: Json, place: str) -> Json | None:
        contents = [key for key in ("bindings", "form", "submit") if key in binding]
        if len(contents) != 1:
            self.problems.append(f"{place}: needs exactly one of submit, form and bindings")
            return None
        if contents == ["bindings"]:
            binding["bindings"] = self.clean(binding["bindings"], place)
            return binding if binding["bindings"] else None
        if contents == ["form"]:
            binding["form"], problems = clean_form(binding["form"], icon_url=self.icon_url)
            self.problems.extend(f"{place}: {problem}" for problem in problems)
        return binding


def _join(parent: str, location: str) -> str:
    return f"{parent}/{location.lstrip('/')}"


def merge(first: list[Json], second: list[Json]) -> list[Json]:
    """Join the answers of two Apps: equal App and location are one node, whose later attributes win."""
    merged = list(first)
    for binding in second:
        index = next((at for at, known in enumerate(merged) if _identity(known) == _identity(binding)), None)
        if index is None:
            merged.append(binding)
            continue
        known = merged[index].get("bindings", [])
        merged[index] = {**binding, "bindings": merge(known, binding.get("bindings", []))} if known else binding
    return merged


def _identity(binding: Json) -> tuple[str, str]:
    return binding.get("app_id", ""), binding.get("location", "")


def sort_top(bindings: list[Json]) -> list[Json]:
    """Top level by location, its children by App."""
    ordered = [
        {**top, "bindings": sorted(top["bindings"], key=lambda child: str(child.get("app_id", "")))}
        if "bindings" in top
        else top
        for top in bindings
    ]
    return sorted(ordered, key=lambda top: str(top.get("location", "")))
