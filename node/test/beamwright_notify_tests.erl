-module(beamwright_notify_tests).
-include_lib("eunit/include/eunit.hrl").

address_test_() ->
    [
        ?_assertEqual({local, <<"/run/systemd/notify">>}, beamwright_notify:address("/run/systemd/notify")),
        ?_assertEqual({local, <<0, "abc">>}, beamwright_notify:address("@abc"))
    ].
