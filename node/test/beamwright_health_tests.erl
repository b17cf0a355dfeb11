-module(beamwright_health_tests).
-include_lib("eunit/include/eunit.hrl").

pause_test_() ->
    [
        ?_assertEqual(
            Pause,
            beamwright_health:pause(#{health_interval => Interval, watchdog => Watchdog}, Passed)
        )
     || {Interval, Watchdog, Passed, Pause} <- [
            {5000, infinity, false, 250},
            {100, infinity, false, 100},
            {5000, infinity, true, 5000},
            {5000, 30000, true, 5000},
            {5000, 6000, true, 3000}
        ]
    ].
