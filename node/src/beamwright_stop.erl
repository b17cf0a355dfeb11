%% @doc Stops the VM in order, in less than the second that kernel sleeps at the end of it.
%%
%% After all applications and the logger have stopped, kernel's `user_sup' sleeps for a second so that
%% `user' may write what it still holds. `user' can be asked instead: it answers when it has written.
-module(beamwright_stop).

-export([in_order/0]).

%% @doc Returns at once.
-spec in_order() -> ok.
in_order() ->
    _ = spawn(fun halt_after_logger/0),
    init:stop().

halt_after_logger() ->
    User = whereis(user),
    %% An application takes the processes of its group with it.
    true = group_leader(User, self()),
    Logger = monitor(process, logger_sup),
    receive {'DOWN', Logger, process, _, _} -> ok end,
    ok = io:put_chars(User, <<>>),
    halt(0).
