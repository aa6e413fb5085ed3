//! How actions ran: what Genesys Cloud counted beside what CloudWatch counted, held against limits.
//!
//! The sandbox measures what really runs in it, so times differ from run to run and are replaced.

use std::sync::LazyLock;

use regex::Regex;
use rolecall::sandbox::{Fault, FaultRule, Faults, Invocation, Principal};

use super::super::one_side::administrator;
use super::super::stage::Run;
use super::*;

/// Times and the widths that they take.
static TIMES: LazyLock<Regex> = LazyLock::new(|| Regex::new(r" *-?\d+(\.\d+)? (ms|s)\b").unwrap());

const METRICS: [&str; 2] = ["genesys", "metrics"];

trait Whole {
    fn without_times(&self) -> String;
}

impl Whole for Run {
    fn without_times(&self) -> String {
        TIMES.replace_all(&self.whole(), " [ms]").into_owned()
    }
}

/// The action ran so often, and failed so often because the role was not there to be assumed.
fn ran(succeeded: usize, failed: usize) -> Stage {
    let stage = applied();
    (0..succeeded).for_each(|_| drop(stage.run_client(&TEST).expect(0)));
    if failed > 0 {
        stage.set(Faults {
            rules: vec![FaultRule {
                operation: "sts:AssumeRole".to_owned(),
                skip: 0,
                times: None,
                fault: Fault::Deny,
            }],
            ..Faults::default()
        });
        (0..failed).for_each(|_| drop(stage.run_client(&TEST)));
        stage.set(Faults::default());
    }
    stage.calls();
    stage
}

/// The command with more options.
fn metrics(stage: &Stage, more: &[&str]) -> Run {
    stage.run_client(&[&METRICS[..], more].concat())
}

#[test]
fn the_table_tells_the_whole_from_the_function() {
    let stage = ran(3, 0);
    insta::assert_snapshot!(stage.run_client(&METRICS).without_times(), @"
    exit 0
    -- stdout
    Actions from [time] to [time]

    Get order status  calls my-genesys-trigger-function (us-east-1)
                               Genesys Cloud      function       between
      requests, invocations                3             3             –
      failed                               0             0             –
      throttled                            –             0             –
      average [ms] [ms] [ms]
      p50                                  – [ms]             –
      p95 [ms] [ms]             –
      p99 [ms] [ms]             –
      longest [ms]             –             –
      3 of 3 succeeded (100 %)

    between: the average in Genesys Cloud less the average in the function: network, Genesys Cloud itself, AssumeRole and cold starts. A difference of percentiles would be no percentile, so there is none.

    Result: requests of 1 of 1 action were measured
    ");
    let report = metrics(&stage, &["--output", "json"]).expect(0).json();
    let action = &report["metrics"]["actions"][0];
    let number = |pointer: &str| action.pointer(pointer).unwrap().as_f64().unwrap();
    assert_eq!((&action["genesys"]["requests"], &action["lambda"]["invocations"]), (&json!(3), &json!(3)));
    let between = number("/genesys/average_ms") - number("/lambda/average_ms");
    assert!((number("/between_ms") - between).abs() < 0.01, "{action:#}");
    assert!(between >= 0.0, "the whole is no less than its part: {action:#}");
    assert!(stage.calls().iter().all(|call| !call.write), "it only reads");
}

/// No requests are no success: no limit is met by them.
#[test]
fn nothing_measured_is_said_and_meets_no_limit() {
    let stage = ran(0, 0);
    insta::assert_snapshot!(stage.run_client(&METRICS).without_times(), @"
    exit 0
    -- stdout
    Actions from [time] to [time]

    Get order status  calls my-genesys-trigger-function (us-east-1)
                               Genesys Cloud      function       between
      requests, invocations                –             –             –
      failed                               –             –             –
      throttled                            –             –             –
      average                              –             –             –
      p50                                  –             –             –
      p95                                  –             –             –
      p99                                  –             –             –
      longest                              –             –             –
      Genesys Cloud: no requests in this time
      CloudWatch: no data: no invocations in this time, or another name or region

    Result: no requests are known
    ");
    let limits = [&METRICS[..], &["--max-error-rate", "1%", "--max-p95", "2s"]].concat();
    insta::assert_snapshot!(stage.run_client(&limits).without_times(), @"
    exit 5
    -- stdout
    Actions from [time] to [time]

    Get order status  calls my-genesys-trigger-function (us-east-1)
                               Genesys Cloud      function       between
      requests, invocations                –             –             –
      failed                               –             –             –
      throttled                            –             –             –
      average                              –             –             –
      p50                                  –             –             –
      p95                                  –             –             –
      p99                                  –             –             –
      longest                              –             –             –
      Genesys Cloud: no requests in this time
      CloudWatch: no data: no invocations in this time, or another name or region

      ? action Get order status: whether the limit on failures is met is not known: there were no requests in this time

      ? action Get order status: whether the limit on the time of 95 of 100 requests is met is not known: there were no requests in this time

    Result: undecided: action Get order status: whether the limit on failures is met is not known: there were no requests in this time; action Get order status: whether the limit on the time of 95 of 100 requests is met is not known: there were no requests in this time (exit code 5)
    ");
}

#[test]
fn failures_count_by_type_and_are_held_against_the_limit() {
    let stage = ran(1, 1);
    insta::assert_snapshot!(metrics(&stage, &["--max-error-rate", "1%"]).without_times(), @"
    exit 3
    -- stdout
    Actions from [time] to [time]

    Get order status  calls my-genesys-trigger-function (us-east-1)
                               Genesys Cloud      function       between
      requests, invocations                2             1             –
      failed                               1             0             –
      throttled                            –             0             –
      average [ms] [ms]             –
      p50                                  – [ms]             –
      p95 [ms] [ms]             –
      p99 [ms] [ms]             –
      longest [ms]             –             –
      1 of 2 succeeded (50 %); errors: internal.server.error 1
      not every request reached the function (it failed before, or was throttled): the averages are not comparable

      M1 action Get order status: 1 of 2 requests failed (50 %); the limit is 1 %
         fix: run `rolecall genesys action test` for the action: it names the step that failed; if the function fails, its log says why

    Result: exceeded: action Get order status: 1 of 2 requests failed (50 %); the limit is 1 % (exit code 3)
    ");
    metrics(&stage, &["--max-error-rate", "50%"]).expect(0);
    change(&stage, |state| state.genesys.executions.iter_mut().for_each(|it| it.took_us = 5_000));
    metrics(&stage, &["--max-p95", "5ms"]).expect(0);
    let slow = metrics(&stage, &["--max-p95", "4ms", "--output", "json"]).expect(3);
    insta::assert_snapshot!(slow.json()["metrics"]["findings"][0]["message"].as_str().unwrap(), @"action Get order status: 5 of 100 requests took 5.0 ms or longer; the limit is 4.0 ms");
    let stage = ran(0, 2);
    let all = metrics(&stage, &["--max-error-rate", "1%", "--output", "github"]);
    insta::assert_snapshot!(all.without_times(), @"
    exit 4
    -- stdout
    ::error file=rolecall.toml,line=17,col=3,title=M1%3A flows take the failure path of the action%3A callers do not get what the action was to look up or do::action Get order status: 2 of 2 requests failed (100 %25); the limit is 1 %25. Fix: run `rolecall genesys action test` for the action: it names the step that failed; if the function fails, its log says why
    ");
}

/// Whoever else invokes the function makes its figures those of both.
#[test]
fn other_callers_of_the_function_are_noticed() {
    let stage = ran(1, 0);
    change(&stage, |state| {
        let own = state.invocations[0].clone();
        state.invocations.push(Invocation { took_us: 4000, ..own.clone() });
        // Not of this function, and not of this time.
        state.invocations.push(Invocation { function: "another".to_owned(), ..own.clone() });
        state.invocations.push(Invocation { at_ms: own.at_ms - 48 * 3600 * 1000, ..own });
    });
    let report = metrics(&stage, &["--output", "json"]).expect(0).json();
    let action = &report["metrics"]["actions"][0];
    assert_eq!((&action["lambda"]["invocations"], &action["between_ms"]), (&json!(2), &Value::Null));
    insta::assert_snapshot!(action["notes"][0].as_str().unwrap(), @"the function was invoked more often than the action was requested: others invoke it too, and the two sides are not comparable");
    let from = ["--since", "3d", "--output", "json"];
    let report = metrics(&stage, &from).expect(0).json();
    assert_eq!(report["metrics"]["actions"][0]["lambda"]["invocations"], 3);
}

/// Each half is shown without the other, and why the other is missing is said.
#[test]
fn one_half_is_there_without_the_other() {
    let stage = ran(1, 0);
    insta::assert_snapshot!(stage.run(&METRICS).without_times(), @"
    exit 0
    -- stdout
    Actions from [time] to [time]

    Get order status  calls my-genesys-trigger-function (us-east-1)
                               Genesys Cloud      function       between
      requests, invocations                –             1             –
      failed                               –             0             –
      throttled                            –             0             –
      average                              – [ms]             –
      p50                                  – [ms]             –
      p95                                  – [ms]             –
      p99                                  – [ms]             –
      longest                              –             –             –
      Genesys Cloud: GENESYSCLOUD_OAUTHCLIENT_ID and GENESYSCLOUD_OAUTHCLIENT_SECRET are not set: no OAuth client for Genesys Cloud

    Result: no requests are known, only invocations; Genesys Cloud was not looked at
    ");
    let mut command = stage.client_command(&METRICS);
    for name in ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"] {
        command.env_remove(name);
    }
    insta::assert_snapshot!(Run::from(command.output().unwrap()).without_times(), @"
    exit 0
    -- stdout
    Actions from [time] to [time]

    Get order status  calls my-genesys-trigger-function (us-east-1)
                               Genesys Cloud      function       between
      requests, invocations                1             –             –
      failed                               0             –             –
      throttled                            –             –             –
      average [ms]             –             –
      p50                                  –             –             –
      p95 [ms]             –             –
      p99 [ms]             –             –
      longest [ms]             –             –
      1 of 1 succeeded (100 %)
      CloudWatch: sts:GetCallerIdentity failed: no AWS credentials were found

    Result: requests of 1 of 1 action were measured; CloudWatch was not looked at
    ");
}

/// Nobody says where the function is, with and without credentials for AWS; a limit is about Genesys Cloud's half alone.
#[test]
fn without_a_region_there_is_the_half_of_genesys_cloud() {
    let stage = ran(1, 0);
    let mut with_credentials = stage.client_command(&METRICS);
    with_credentials.env_remove("AWS_REGION").env_remove("AWS_DEFAULT_REGION");
    let said = Run::from(with_credentials.output().unwrap()).without_times();
    let without = |more: &[&str]| {
        let run = administrator(&stage, &[&METRICS[..], more].concat()).output().unwrap();
        Run::from(run)
    };
    insta::assert_snapshot!(said + &without(&["--max-p95", "1h"]).without_times(), @"
    exit 0
    -- stdout
    Actions from [time] to [time]

    Get order status  calls my-genesys-trigger-function
                               Genesys Cloud      function       between
      requests, invocations                1             –             –
      failed                               0             –             –
      throttled                            –             –             –
      average [ms]             –             –
      p50                                  –             –             –
      p95 [ms]             –             –
      p99 [ms]             –             –
      longest [ms]             –             –
      1 of 1 succeeded (100 %)
      CloudWatch: no region for target `my-genesys-trigger-function`

    Result: requests of 1 of 1 action were measured; CloudWatch was not looked at
    exit 0
    -- stdout
    Actions from [time] to [time]

    Get order status  calls my-genesys-trigger-function
                               Genesys Cloud      function       between
      requests, invocations                1             –             –
      failed                               0             –             –
      throttled                            –             –             –
      average [ms]             –             –
      p50                                  –             –             –
      p95 [ms]             –             –
      p99 [ms]             –             –
      longest [ms]             –             –
      1 of 1 succeeded (100 %)
      CloudWatch: no AWS credentials were found, and no region for target `my-genesys-trigger-function`

      ✓ every action meets the limits: 95 of 100 requests took at most 1 h

    Result: requests of 1 of 1 action were measured; CloudWatch was not looked at
    ");
    let report = without(&["--output", "json"]).expect(0).json();
    assert_eq!(report["metrics"]["unexamined"], serde_json::json!(["CloudWatch"]));
    assert_eq!(report["metrics"]["actions"][0]["function"], "my-genesys-trigger-function");
    assert!(report["genesys_calls"].as_u64().unwrap() > 0 && report["time"].is_string());
}

/// A service that was asked and refused leaves open what was asked.
#[test]
fn a_refusal_is_undecided() {
    let mut stage = ran(1, 0);
    stage.act_as(Principal::Nobody);
    let run = metrics(&stage, &["--output", "json"]).expect(5);
    let said = run.json()["metrics"]["undecided"][0].as_str().unwrap().to_owned();
    insta::assert_snapshot!(super::super::views::normalised(&said), @"what CloudWatch measured is not known: cloudwatch:GetMetricData failed: User: arn:aws:iam::123456789012:user/nobody is not authorized to perform: cloudwatch:GetMetricData on resource: * because no identity-based policy allows the cloudwatch:GetMetricData action (AccessDenied, request [id])");
}

#[test]
fn an_answer_without_percentiles_decides_what_the_longest_request_decides() {
    let stage = ran(1, 0);
    change(&stage, |state| state.genesys.tells_percentiles = false);
    metrics(&stage, &["--max-p95", "1h"]).expect(0);
    change(&stage, |state| state.genesys.executions[0].took_us = 3_000_000);
    let run = metrics(&stage, &["--max-p95", "2s", "--output", "json"]).expect(5);
    insta::assert_snapshot!(run.json()["metrics"]["undecided"][0].as_str().unwrap(), @"action Get order status: whether the limit on the time of 95 of 100 requests is met is not known: Genesys Cloud's answer has no percentile");
}

#[test]
fn drift_shows_the_figures_on_request() {
    let stage = ran(2, 0);
    let with = ["drift", "--with-metrics"];
    insta::assert_snapshot!(TIMES.replace_all(&stage.run_client(&with).section("Actions"), " [ms]"), @"
    exit 0
    -- stdout
    account 123456789012, as arn:aws:sts::123456789012:assumed-role/ci/rolecall
    Role arn:aws:iam::123456789012:role/GenesysDataActionRole
    No changes: AWS matches the manifest, and so does everything that Genesys Cloud shows.
    As it is in AWS
    Actions from [time] to [time]
    Get order status  calls my-genesys-trigger-function (us-east-1)
    between: the average in Genesys Cloud less the average in the function: network, Genesys Cloud itself, AssumeRole and cold starts. A difference of percentiles would be no percentile, so there is none.
    Result: AWS matches the manifest, and so does everything that Genesys Cloud shows; every claim about the role is proved; requests of 1 of 1 action were measured
    ");
    let markdown = stage.run_client(&[&with[..], &["--output", "markdown"]].concat()).expect(0).stdout;
    let (_, table) = markdown.split_once("### Actions").unwrap();
    insta::assert_snapshot!(
        TIMES.replace_all(&super::super::views::normalised(table), " [ms]"), @"
     from [time] to [time]

    | action | | Genesys Cloud | function | between |
    |---|---|---:|---:|---:|
    | Get order status | requests, invocations | 2 | 2 | – |
    |  | failed | 0 | 0 | – |
    |  | throttled | – | 0 | – |
    |  | average | [ms] | [ms] | [ms] |
    |  | p50 | – | [ms] | – |
    |  | p95 | [ms] | [ms] | – |
    |  | p99 | [ms] | [ms] | – |
    |  | longest | [ms] | – | – |

    - Get order status (calls `my-genesys-trigger-function (us-east-1)`): 2 of 2 succeeded (100 %)

    between: the average in Genesys Cloud less the average in the function: network, Genesys Cloud itself, AssumeRole and cold starts. A difference of percentiles would be no percentile, so there is none.
    ");
    let page = stage.run_client(&[&with[..], &["--output", "html"]].concat()).expect(0).stdout;
    assert!(page.contains("<th scope=\"row\">requests, invocations</th><td>2</td><td>2</td>"), "{page}");
    let limits = ["drift", "--max-error-rate", "1%", "--output", "json"];
    let report = stage.run_client(&limits).expect(0).json();
    assert_eq!(report["metrics"]["actions"][0]["genesys"]["success_rate"], 1.0);
    assert!(stage.run_client(&["drift", "--output", "json"]).json().get("metrics").is_none());
}

#[test]
fn options_that_cannot_be_meant_are_refused() {
    let stage = stage();
    for (arguments, says) in [
        (&["--since", "1"][..], "must be a date (2026-11-01), a time with its zone"),
        (&["--since", "0h"], "must be a date (2026-11-01), a time with its zone"),
        (&["--max-p95", "2"], "must be a whole number with its unit"),
        (&["--max-error-rate", "101%"], "must be a percentage"),
        (&["--action", "Other"], "the manifest has no action `Other`; it has `Get order status`"),
        (&["--since", "2026-01-02", "--until", "2026-01-01"], "is not before"),
    ] {
        let run = metrics(&stage, arguments).expect(2);
        assert!(run.stderr.contains(says), "{}", run.stderr);
    }
}

/// Of rolecall's own calls every JSON report says how many there were, how many succeeded and how long they took.
#[test]
fn every_report_says_how_rolecalls_own_calls_went() {
    let stage = applied();
    for arguments in [&["plan"][..], &["drift"], &["verify", "--level", "paper"], &METRICS] {
        let report = stage.run_client(&[arguments, &["--output", "json"]].concat()).expect(0).json();
        let calls = report["calls"].as_array().unwrap();
        let sum = |name: &str| calls.iter().map(|call| call[name].as_u64().unwrap()).sum::<u64>();
        let counted =
            report["aws_calls"].as_u64().unwrap() + report["genesys_calls"].as_u64().unwrap_or_default();
        // Lambda answers "not found" for a function without a policy.
        let policies = calls.iter().find(|call| call["operation"] == "Lambda GetPolicy");
        let absent = policies.map_or(0, |call| call["requests"].as_u64().unwrap());
        assert_eq!(
            (sum("requests"), sum("succeeded")),
            (counted, counted - absent),
            "{arguments:?}: {calls:?}"
        );
        assert!(sum("total_ms") >= sum("slowest_ms"));
    }
}

/// Whoever gates on limits reads that they are met.
#[test]
fn limits_that_are_met_are_named() {
    let stage = ran(2, 0);
    let run = metrics(&stage, &["--max-error-rate", "1%", "--max-p95", "1h"]).expect(0);
    insta::assert_snapshot!(run.stdout.lines().filter(|line| line.contains("limit")).collect::<String>(), @"  ✓ every action meets the limits: at most 1 % of the requests failed, 95 of 100 requests took at most 1 h");
    assert!(!stage.run_client(&METRICS).expect(0).stdout.contains("limit"));
}
