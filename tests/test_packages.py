"""Each member has what it needs to be published on its own, and they fit together."""

import sys

from packaging.requirements import Requirement


def test_sibling_ranges_contain_the_siblings_versions(member, members):
    versions = {other.project["name"]: other.project["version"] for other in members.values()}
    for line in member.requirements:
        requirement = Requirement(line)
        if requirement.name.startswith("toolsmith"):
            assert requirement.specifier, f"{requirement.name} is required without a range"
            assert requirement.specifier.contains(versions[requirement.name]), line


def test_a_published_package_describes_itself(member):
    project = member.project
    assert project["name"] == f"toolsmith-{member.folder.name}"
    assert {"version", "description", "readme", "license", "requires-python"} <= project.keys()
    assert "dynamic" not in project
    assert (member.source / "py.typed").is_file()


def test_all_members_and_the_root_run_on_the_same_pythons(members, workspace):
    ranges = {member.project["requires-python"] for member in members.values()}
    assert ranges == {workspace["project"]["requires-python"]}


def test_the_readme_is_a_page(member):
    lines = (member.folder / "README.md").read_text("utf-8").splitlines()
    assert lines[0] == f"# {member.project['name']}"
    assert 15 <= len(lines) <= 40


def test_the_changelog_has_the_current_version(member):
    assert f"\n## {member.project['version']}" in (member.folder / "CHANGELOG.md").read_text("utf-8")


def test_every_member_brings_its_own_tests(member):
    assert any(line.startswith("pytest") for line in member.pyproject["dependency-groups"]["test"])
    assert list((member.folder / "tests").glob("test_*.py"))


def test_everything_that_is_imported_is_required(member, root):
    """By this member itself: what comes with another package today may leave with it tomorrow."""
    known = {"mcp_types": "mcp", "opentelemetry": "opentelemetry_api"}
    required = {Requirement(line).name.replace("-", "_") for line in member.requirements}
    foreign = required | {member.module} | sys.stdlib_module_names
    for file, line, module, _ in member.imports():
        top = module.partition(".")[0]
        assert known.get(top, top) in foreign, f"{file.relative_to(root)}:{line} imports {top}"


def test_the_constraints_are_exact_and_name_every_requirement(members, workspace):
    pins = [Requirement(line) for line in workspace["tool"]["uv"]["constraint-dependencies"]]
    assert all(str(pin.specifier).startswith("==") for pin in pins)
    groups = [workspace["dependency-groups"]]
    groups += [member.pyproject["dependency-groups"] for member in members.values()]
    lines = [line for group in groups for lines in group.values() for line in lines if isinstance(line, str)]
    lines += [line for member in members.values() for line in member.requirements]
    siblings = {member.project["name"] for member in members.values()}
    assert {Requirement(line).name for line in lines} - siblings <= {pin.name for pin in pins}


def test_a_version_that_differs_by_python_has_a_marker(workspace):
    pins = [Requirement(line) for line in workspace["tool"]["uv"]["constraint-dependencies"]]
    names = [pin.name for pin in pins]
    assert [pin.name for pin in pins if (names.count(pin.name) > 1) != (pin.marker is not None)] == []
