"""An Elixir project of the size that people work on, generated: the examples are small."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from benchmarks.harness.apps import APPS, App

MODULES = 200

_MODULE = """\
defmodule Grown.Account{number} do
  @moduledoc "An account of the generated project."
  use GenServer

  defstruct [:id, :owner, balance: 0, entries: []]

  @type t :: %__MODULE__{{id: integer(), owner: String.t(), balance: integer(), entries: list()}}

  def start_link(owner), do: GenServer.start_link(__MODULE__, owner, name: __MODULE__)
  def deposit(amount) when amount > 0, do: GenServer.call(__MODULE__, {{:deposit, amount}})
  def withdraw(amount) when amount > 0, do: GenServer.call(__MODULE__, {{:withdraw, amount}})
  def statement, do: GenServer.call(__MODULE__, :statement)

  @impl true
  def init(owner), do: {{:ok, %__MODULE__{{id: {number}, owner: owner}}}}

  @impl true
  def handle_call({{:deposit, amount}}, _from, account) do
    account = book(account, amount, "deposit")
    {{:reply, {{:ok, account.balance}}, account}}
  end

  def handle_call({{:withdraw, amount}}, _from, %{{balance: balance}} = account) when amount > balance do
    {{:reply, {{:error, "#{{account.owner}} has only #{{balance}}"}}, account}}
  end

  def handle_call({{:withdraw, amount}}, _from, account) do
    account = book(account, -amount, "withdrawal")
    {{:reply, {{:ok, account.balance}}, account}}
  end

  def handle_call(:statement, _from, account) do
    lines =
      for {{amount, text, at}} <- Enum.reverse(account.entries), amount != 0 do
        "#{{Calendar.strftime(at, "%Y-%m-%d")}} #{{String.pad_trailing(text, 20)}} #{{amount}}"
      end

    {{:reply, Enum.join(lines, "\\\\n"), account}}
  end

  defp book(account, amount, text) do
    entry = {{amount, text, DateTime.utc_now()}}
    %{{account | balance: account.balance + amount, entries: [entry | account.entries]}}
  end
end
"""


def grown(folder: Path) -> App:
    """Writes the project into the new folder: the hello with TLS, and MODULES servers of fifty lines."""
    hello = next(app for app in APPS if app.name == "hello_ssl")
    source = hello.copy(folder)
    (source / "lib/accounts").mkdir()
    for number in range(MODULES):
        text = _MODULE.format(number=number)
        (source / f"lib/accounts/account{number}.ex").write_text(text, "utf-8")
    return dataclasses.replace(
        hello,
        title=f"Elixir, {MODULES} modules",
        source=source,
        module="lib/accounts/account0.ex",
    )
