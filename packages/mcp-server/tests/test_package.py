import toolsmith_mcp_server


def test_the_index_is_sorted_and_every_name_is_there():
    names = toolsmith_mcp_server.__all__
    assert names == sorted(names, key=lambda name: (not name.isupper(), name))
    assert all(getattr(toolsmith_mcp_server, name) for name in names)
    assert 5 <= len(names) <= 12
