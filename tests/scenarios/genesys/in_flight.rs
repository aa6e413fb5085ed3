//! How many requests are on their way to Genesys Cloud at a time.

use rolecall::sandbox::Faults;

use super::*;

/// As many as docs/genesys.md states.
const AT_MOST: usize = 10;

#[test]
fn no_more_than_ten_requests_are_on_their_way() {
    let actions: String = (1..=16)
        .map(|number| {
            format!(
                "\n[[action]]\nname = \"Action {number}\"\ncategory = \"Orders\"\ntarget = \"my-genesys-trigger-function\"\n\
                 input_schema = \"schemas/request.json\"\noutput_schema = \"schemas/response.json\"\n"
            )
        })
        .collect();
    let stage = stage_with(&(manifest(ONE_TARGET) + &actions), State::demo());
    // Genesys Cloud's own limit of a minute is not what is counted here.
    let genesys = rolecall::sandbox::GenesysFaults { rate_allowed: Some(100_000), ..Default::default() };
    stage.set(Faults { genesys: genesys.clone(), ..Faults::default() });
    stage.run_client(&["apply", "--yes", "--level", "paper"]).expect(0);
    assert_eq!(published(&stage).len(), 16);
    stage.sandbox.clear_log();
    // All that is sent at once is also answered at once: without a bound, one request for each action is.
    stage.set(Faults { latency_ms: 30, genesys, ..Faults::default() });
    stage.run_client(&["drift"]).expect(0);
    let most = stage.sandbox.most_in_flight_to_genesys();
    assert!(most <= AT_MOST, "{most} at a time");
    let log = stage.calls();
    let reads = log.iter().filter(|call| call.action == "getIntegrationsAction").count();
    assert_eq!(reads, 16);
}
