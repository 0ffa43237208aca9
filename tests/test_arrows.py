"""Everything points to schema; packages meet through files and the Router protocol, not through insides."""

from packaging.requirements import Requirement

ALLOWED = {
    "schema": set(),
    "dataset": {"toolsmith_schema"},
    "trainer": {"toolsmith_schema"},
    "router": {"toolsmith_schema"},
    "evaluator": {"toolsmith_schema", "toolsmith_router"},
    "agent": {"toolsmith_schema", "toolsmith_router"},
    "mcp-server": {"toolsmith_schema", "toolsmith_agent", "toolsmith_router"},
}


def test_a_package_imports_only_the_siblings_it_may_know(member, root):
    allowed = ALLOWED[member.folder.name] | {member.module}
    for file, line, module, _ in member.imports():
        top = module.partition(".")[0]
        if top.startswith("toolsmith_"):
            assert top in allowed, f"{file.relative_to(root)}:{line} imports {module}"


def test_an_imported_sibling_is_a_declared_requirement(member, members):
    siblings = {other.module: other.project["name"] for other in members.values() if other is not member}
    used = {
        siblings[top] for *_, module, _ in member.imports() if (top := module.partition(".")[0]) in siblings
    }
    assert used <= {Requirement(line).name for line in member.requirements}


def test_nobody_reaches_into_another_packages_underscore_names(member, root):
    for file, line, module, name in member.imports():
        if module.startswith("toolsmith_") and not module.startswith(member.module):
            parts = [*module.split("."), *([name] if name else [])]
            assert not any(part.startswith("_") for part in parts), f"{file.relative_to(root)}:{line}"


def test_a_name_imported_from_a_sibling_is_there(member, members, root):
    """Also where the import stands inside a function and no test comes by."""
    sources = {other.module: other for other in members.values()}
    for file, line, module, name in member.imports():
        top, *rest = module.split(".")
        if top not in sources or sources[top] is member or not name:
            continue
        where = sources[top].source.joinpath(*rest)
        found = [path for path in (where.with_suffix(".py"), where / "__init__.py") if path.is_file()]
        assert found, f"{file.relative_to(root)}:{line}: there is no module {module}"
        assert name in found[0].read_text("utf-8"), f"{file.relative_to(root)}:{line}: no {name} in {module}"
