%% @doc The cluster's cookie: from a systemd credential to where the kernel looks for it.
%%
%% `-setcookie' would show it in `ps' and `systemctl status'. Errors name the file, never its content.
-module(beamwright_cookie).

-export([credential/0, install/1, check/1]).

-include_lib("kernel/include/file.hrl").

%% 32 characters of base64 or more hold 192 bits; 255 is an atom's limit.
-define(SHORTEST, 32).
-define(LONGEST, 255).

%% @doc The cookie from `$CREDENTIALS_DIRECTORY/cookie'.
%%
%% Fails closed: where `/' isn't a shared mount, systemd starts a unit with an empty credentials
%% folder, and the kernel would then make up a cookie of its own.
-spec credential() -> binary().
credential() ->
    Folder = os:getenv("CREDENTIALS_DIRECTORY", ""),
    Folder =:= "" andalso fail("CREDENTIALS_DIRECTORY is not set, so there is no cookie", []),
    Path = filename:join(Folder, "cookie"),
    case file:read_file(Path) of
        {ok, Content} ->
            case check(Content) of
                {ok, Cookie} -> Cookie;
                {error, Why} -> fail("the cookie in ~ts ~ts", [Path, Why])
            end;
        {error, Reason} ->
            fail("no cookie in ~ts: ~ts", [Path, file:format_error(Reason)])
    end.

%% @doc A usable cookie out of a file's content, or what is wrong with it.
-spec check(binary()) -> {ok, binary()} | {error, string()}.
check(Content) ->
    Cookie = string:trim(Content, trailing, "\r\n"),
    Printable = [C || <<C>> <= Cookie, C > $\s, C < 127],
    case byte_size(Cookie) of
        0 -> {error, "is empty"};
        Size when Size < ?SHORTEST -> {error, "has fewer than 32 characters"};
        Size when Size > ?LONGEST -> {error, "has more than 255 characters"};
        Size when Size =/= length(Printable) -> {error, "has spaces or unprintable characters"};
        _ -> {ok, Cookie}
    end.

%% @doc Writes `.erlang.cookie' (0400) to the VM's home, over one that was there.
%%
%% By rename, so that no one reads half a cookie and a read-only predecessor doesn't matter.
-spec install(binary()) -> ok.
install(Cookie) ->
    %% The kernel reads the `-home' that erlexec took from $HOME at start.
    {ok, [[Home]]} = init:get_argument(home),
    Path = filename:join(Home, ".erlang.cookie"),
    New = Path ++ ".new",
    _ = file:delete(New),
    case write(New, Cookie) of
        ok ->
            ok = file:rename(New, Path);
        {error, Reason} ->
            fail("the cookie can't be written to ~ts: ~ts", [Path, file:format_error(Reason)])
    end.

write(Path, Cookie) ->
    case file:open(Path, [write, exclusive, raw]) of
        {ok, File} ->
            try
                ok = file:write_file_info(Path, #file_info{mode = 8#400}),
                file:write(File, Cookie)
            after
                ok = file:close(File)
            end;
        Error ->
            Error
    end.

-spec fail(string(), [term()]) -> no_return().
fail(Format, Arguments) -> error({beamwright_node, io_lib:format(Format, Arguments)}).
