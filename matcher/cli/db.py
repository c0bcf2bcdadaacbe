"""``matcher db``: create, upgrade, show, back up and restore the database."""

from __future__ import annotations

from pathlib import Path

import click

from matcher.cli import base
from matcher.cli.base import Command, Entry, Group, say


def _init(database: str | None) -> None:
    from matcher.store import open_store

    store = open_store(database)
    click.echo(say(f"数据库已就绪：{store.url}", f"The database is ready: {store.url}"))
    store.close()


def _upgrade(database: str | None) -> None:
    from matcher import settings
    from matcher.store import migrate
    from matcher.store.database import explained
    from matcher.store.engines import parse_url

    url = parse_url(database or settings.database_url())
    with explained():
        step = migrate.upgrade(url)
    click.echo(
        say(f"数据库已是最新（版本 {step}）。", f"The database is up to date (step {step}).")
    )


def _status(database: str | None, as_json: bool) -> None:
    from matcher.store.status import status_of

    facts = status_of(database)
    if as_json:
        base.echo_json(facts)
        return
    words = {
        "absent": ("尚未建立", "not created yet"), "empty": ("空", "empty"),
        "current": ("最新", "up to date"), "old": ("旧版本，请运行 matcher db upgrade",
                                               "old: run matcher db upgrade"),
        "newer": ("由更新版本的程序建立", "made by a newer program"),
        "foreign": ("不是本程序的数据库", "another program's database"),
    }  # fmt: skip
    labels = {
        "step": ("结构版本", "Step"), "revision": ("数据版本", "Revision"),
        "bytes": ("字节", "Bytes"), "needs": ("需求", "Needs"),
        "capabilities": ("成果", "Capabilities"), "organisations": ("单位", "Organisations"),
        "users": ("用户", "Users"), "runs": ("匹配任务", "Runs"),
        "decisions": ("决定", "Decisions"),
    }  # fmt: skip
    shown = [(say(*labels[name]), str(facts[name])) for name in labels if name in facts]
    state = say(*words[str(facts["state"])])
    base.echo_facts([
        (say("数据库", "Database"), str(facts["database"])), (say("状态", "State"), state), *shown,
    ])  # fmt: skip


def _backup(file: str, database: str | None) -> None:
    from matcher import settings
    from matcher.store.backup import backup
    from matcher.store.engines import parse_url

    target = Path(file)
    backup(parse_url(database or settings.database_url()), target)
    size = target.stat().st_size
    click.echo(say(f"已备份并检查：{file}（{size} 字节）",
                   f"Backed up and checked: {file} ({size} bytes)"))  # fmt: skip


def _restore(file: str, database: str | None, force: bool) -> None:
    from matcher import settings
    from matcher.store.backup import restore
    from matcher.store.engines import parse_url

    url = parse_url(database or settings.database_url())
    restore(url, Path(file), force=force)
    told = say(
        f"已从 {file} 恢复。如果备份来自旧版本程序，请再运行 matcher db upgrade。",
        f"Restored from {file}. If an older program made the backup, run matcher db upgrade.",
    )
    click.echo(told)


def _password(name: str, database: str | None) -> None:
    from matcher.store import open_store
    from matcher.store.accounts import replace_password

    asked = say("新密码（至少 10 个字符）", "New password (10 characters at least)")
    password = click.prompt(asked, hide_input=True, confirmation_prompt=True)
    store = open_store(database, create=False)
    try:
        with store.writing() as session:
            replace_password(session, name, password)
    finally:
        store.close()
    click.echo(say(f"{name} 的密码已更换，账号可以登录。",
                   f"The password of {name} is replaced, and the account is open."))  # fmt: skip


def _database_option() -> click.Option:
    told = say(
        "数据库文件或地址；不填则用设置 database",
        "the database's file or address; by default the setting database",
    )
    return click.Option(["--database"], metavar="URL", help=told)


def _init_command() -> Command:
    help = say(
        "建立数据库。已有数据库时不改动；首次运行 matcher serve 也会自动建立。",
        "Create the database. One that exists is left as it is; matcher serve creates it too.",
    )
    examples = "matcher db init\nmatcher db init --database 库.sqlite"
    return Command("init", _init, help, examples, [_database_option()])


def _upgrade_command() -> Command:
    help = say(
        "安装新版本程序后，把数据库升级到新的结构。请先备份；升级要么全部完成，要么不改动。",
        "After installing a newer program, bring the database to its shape. Back it up first; "
        "either all of it is done or nothing.",
    )
    examples = "matcher db backup 备份.db\nmatcher db upgrade"
    return Command("upgrade", _upgrade, help, examples, [_database_option()])


def _status_command() -> Command:
    help = say(
        "显示数据库的位置、版本和记录数。", "Show where the database is, its step and its counts."
    )
    examples = "matcher db status\nmatcher db status --json"
    return Command("status", _status, help, examples, [_database_option(), base.json_option()])


def _backup_command() -> Command:
    help = say(
        "把数据库备份到一个文件，网页版可以照常使用。备份先检查再落盘；PostgreSQL 需要 pg_dump。",
        "Back the database up into one file while the web page goes on. The copy is checked before "
        "it takes its place; PostgreSQL needs pg_dump.",
    )
    examples = "matcher db backup 备份.db\nmatcher db backup /media/usb/alleymatch.db"
    params = [click.Argument(["file"], metavar="FILE"), _database_option()]
    return Command("backup", _backup, help, examples, params)


def _restore_command() -> Command:
    help = say(
        "用备份文件恢复数据库。请先停止 matcher serve。备份损坏时不作任何改动；"
        "已有数据时须加 --force。",
        "Restore the database from a backup. Stop matcher serve first. A damaged backup changes "
        "nothing; a database with data takes --force.",
    )
    told = say("替换已有数据", "replace the data that is there")
    params = [
        click.Argument(["file"], metavar="FILE"),
        click.Option(["--force"], is_flag=True, help=told),
        _database_option(),
    ]
    examples = "matcher db restore 备份.db\nmatcher db restore 备份.db --force"
    return Command("restore", _restore, help, examples, params)


def _password_command() -> Command:
    help = say(
        "为忘记密码的用户（例如唯一的管理员）设置新密码，并解除锁定和停用。在服务器上运行，记入日志。",
        "Set a new password for somebody who lost it, such as the only administrator; a locked or "
        "stopped account is open again. Run on the server itself; it is noted in the log.",
    )
    params = [click.Argument(["name"], metavar="NAME"), _database_option()]
    return Command("password", _password, help, "matcher db password admin", params)


def command() -> Group:
    """Return the group with its help in the language of this call."""
    return Group(
        "db",
        (
            Entry("init", f"{__name__}:_init_command", "建立数据库", "Create the database"),
            Entry("upgrade", f"{__name__}:_upgrade_command", "升级数据库", "Upgrade the database"),
            Entry("status", f"{__name__}:_status_command", "查看数据库", "Show the database"),
            Entry("backup", f"{__name__}:_backup_command", "备份", "Back it up"),
            Entry("restore", f"{__name__}:_restore_command", "恢复", "Restore a backup"),
            Entry("password", f"{__name__}:_password_command", "重设密码", "Set a new password"),
        ),
        say("网页版的数据库：建立、升级、备份、恢复。",
            "The web page's database: create, upgrade, back up, restore."),
        "matcher db status\nmatcher db backup 备份.db",
    )  # fmt: skip
