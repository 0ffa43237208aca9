import toolsmith_agent


def test_the_index_is_sorted_complete_and_short():
    names = toolsmith_agent.__all__
    public = [
        name
        for name, value in vars(toolsmith_agent).items()
        if not name.startswith("_") and not hasattr(value, "__path__") and type(value).__name__ != "module"
    ]
    assert sorted(names) == sorted(public)
    assert names == sorted(names, key=lambda name: (not name.isupper(), name))
    assert 5 <= len(names) <= 24
