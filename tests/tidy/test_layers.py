# SPDX-License-Identifier: Apache-2.0
"""The rooms of worker/ keep to their table, and the program that says so finds what breaks it."""

import pytest

import layers


def test_the_rooms_keep_to_the_table(root):
    faults = layers.violations(root / "worker")
    assert not faults, "\n".join(faults)


def test_every_room_is_there(root):
    missing = [room for room in layers.LEVELS if not (root / "worker" / room / "CMakeLists.txt").exists()]
    assert not missing


GOOD_ROOM = "latchkey_room({room} DEPENDS base)\n"


def make_tree(folder, files):
    """A small worker/ with base, crypto and db in order, and the given files on top."""
    tree = {
        "base/CMakeLists.txt": "latchkey_room(base PRIVATE_LINK nlohmann_json::nlohmann_json)\n",
        "base/error.h": "#include <string>\n#include <nlohmann/json.hpp>\n",
        "crypto/CMakeLists.txt": "latchkey_room(crypto DEPENDS base PRIVATE_LINK OpenSSL::Crypto)\n",
        "crypto/jws.h": '#include "base/error.h"\n#include <openssl/evp.h>\n',
        "db/CMakeLists.txt": "latchkey_room(db DEPENDS base PRIVATE_LINK PkgConfig::PQ)\n",
        "db/deadline.cpp": '#include "base/error.h"\n#include <poll.h>\n#include <libpq-fe.h>\n',
        "main.cpp": '#include "cli/serve.h"\n#include <cstdlib>\n',
    }
    tree.update(files)
    worker = folder / "worker"
    for name, text in tree.items():
        path = worker / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return worker


def test_a_tree_in_order_has_no_fault(tmp_path):
    assert layers.violations(make_tree(tmp_path, {})) == []


@pytest.mark.parametrize(
    "name, text, message",
    [
        ("base/log.h", '#include "crypto/jws.h"\n', "worker/base/log.h:1: base/ (level 0) must not include crypto/"),
        ("crypto/x.h", '\n#include "shm/segment.h"\n', "worker/crypto/x.h:2: crypto/ (level 1) must not include shm/"),
        ("db/x.h", '#  include  "http/request.h"\n', "db/ (level 2) must not include http/ (level 2)"),
        ("db/x.h", '#include "deadline.h"\n', 'write the path from worker/'),
        ("db/x.h", '#include "../base/error.h"\n', 'write the path from worker/'),
        ("db/x.h", "#include <nlohmann/json.hpp>\n", '<nlohmann/json.hpp> is for base/: read with "base/json_reader.h"'),
        ("db/x.h", "#include <openssl/sha.h>\n", "is for crypto/: call crypto/"),
        ("crypto/x.cpp", "#include <crypt.h>\n#include <libpq-fe.h>\n", "worker/crypto/x.cpp:2: <libpq-fe.h> is for db/"),
        ("db/x.cpp", "#include <sys/mman.h>\n", "is for shm/ and crypto/"),
        ("crypto/x.cpp", "#include <signal.h>\n", "is for process/: let process/ take the signal"),
        ("db/x.cpp", "#include <sys/wait.h>\n", "is for process/: ask process/ for it"),
        ("db/x.cpp", "#include <fcgiapp.h>\n", "is for http/"),
        ("base/x.cpp", "#include <termios.h>\n", "is for cli/"),
        ("base/x.cpp", "#include <thread>\n", "a worker has one thread"),
        ("base/x.cpp", "#include <boost/any.hpp>\n", "belongs to no room yet"),
        ("base/x.cpp", "void f() { if (::fork() == 0) {} }\n", "fork() is for process/"),
        ("crypto/x.cpp", "void f() { execve(a, b, c); }\n", "execve() is for process/"),
        ("base/x.cpp", "void f() { setitimer(a, b, c); }\n", "setitimer() is for process/: "),
        ("helpers/x.h", "\n", "worker/helpers/ is no room"),
        ("main.cpp", '#include "db/database.h"\n', "main is a table of subcommands"),
        ("db/CMakeLists.txt", "latchkey_room(db DEPENDS base http)\n", "db must not depend on http"),
        ("db/CMakeLists.txt", "latchkey_room(db)\n", "add base to DEPENDS"),
        ("db/CMakeLists.txt", "latchkey_room(db DEPENDS base LINK nlohmann_json::nlohmann_json)\n", "nlohmann_json::nlohmann_json is for base/"),
        ("db/CMakeLists.txt", "latchkey_room(db DEPENDS base LINK Boost::any)\n", "Boost::any belongs to no room yet"),
        ("db/CMakeLists.txt", GOOD_ROOM.format(room="crypto"), "write latchkey_room(db DEPENDS"),
        ("db/CMakeLists.txt", GOOD_ROOM.format(room="db") + "target_link_libraries(a b)\n", "goes round this test"),
    ],
)
def test_a_fault_is_found_and_says_what_to_write(tmp_path, name, text, message):
    faults = layers.violations(make_tree(tmp_path, {name: text}))
    assert any(message in fault for fault in faults), faults


def test_words_in_comments_and_members_are_no_faults(tmp_path):
    text = '// #include "http/request.h"\n/* fork() */\nvoid f() { road.fork(); my::fork(); }\n'
    assert layers.violations(make_tree(tmp_path, {"db/x.cpp": text})) == []
