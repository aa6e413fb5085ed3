//! What would fail in Genesys Cloud is told by `plan`, before anything is written; and `action check`, which calls nobody.

use super::*;

/// Four actions, of which the last has the fault.
fn four(last: &str) -> Stage {
    let mut text = manifest(ONE_TARGET);
    for number in 1..=4 {
        let (schema, more) =
            if number == 4 { ("fourth", last) } else { ("request", "test_input = \"input.json\"\n") };
        text += &format!(
            "\n[[action]]\nname = \"Action {number}\"\ncategory = \"Orders\"\ntarget = \"my-genesys-trigger-function\"\n\
             input_schema = \"schemas/{schema}.json\"\noutput_schema = \"schemas/response.json\"\n{more}"
        );
    }
    let stage = stage_with(&text, State::demo());
    stage.write("schemas/fourth.json", &request(&["orderNumber"]));
    stage
}

/// What `apply` says, which has written nothing.
#[track_caller]
fn refused(stage: &Stage) -> String {
    let run = stage.run_client(&["apply", "--yes"]);
    assert!(writes(stage).is_empty());
    assert!(stage.calls().is_empty(), "nobody is contacted");
    run.whole()
}

#[test]
fn a_list_of_types_is_told_before_the_first_action_is_written() {
    let stage = four("");
    stage.write(
        "schemas/fourth.json",
        r#"{"type":"object","properties":{"orderNumber":{"type":["string","null"]}}}"#,
    );
    insta::assert_snapshot!(refused(&stage), @"
    exit 2
    -- stderr
    error[E9]: schemas/fourth.json:/properties/orderNumber/type: `orderNumber` has a list of types, and an input of Genesys Cloud has one: string, integer, number, boolean, null; leave an input that may be missing out of `required` instead of adding null
    ");
}

#[test]
fn a_test_input_that_does_not_fit_is_told() {
    let stage = four("test_input = \"fourth.json\"\n");
    stage.write("fourth.json", r#"{"orderNumber": 4711}"#);
    insta::assert_snapshot!(refused(&stage), @r#"
    exit 2
    -- stderr
    error[E9]: fourth.json: the test's input does not fit the input schema: /orderNumber: 4711 is not of type "string"
    "#);
}

#[test]
fn templates_that_use_what_nothing_sets_are_told() {
    let stage = four(
        "request_template = '{\"id\": \"${input.orderId}\"}'\nsuccess_template = '{\"status\": ${Status}}'\n\
         translation_map = { status = \"$.order.status\", other = \"order.other\" }\n",
    );
    insta::assert_snapshot!(refused(&stage), @"
    exit 2
    -- stderr
    error[E9]: [[action]] `Action 4`: `request_template` uses `${input.orderId}`, but the input schema has no `orderId`; correct the name, or write `$!{input.orderId}`
    [[action]] `Action 4`: `order.other` of `other` in `translation_map` is not a JSON path; it starts with `$`
    [[action]] `Action 4`: `success_template` uses `${Status}`, which neither `translation_map` nor `translation_map_defaults` sets
    ");
}

#[test]
fn what_is_not_closed_and_what_makes_no_json_is_told() {
    let mut told = String::new();
    for last in [
        "request_template = '{\"id\": #if($input.orderNumber)1}'\n",
        "request_template = '{\"id\": ${input.orderNumber}}'\ntest_input = \"input.json\"\n",
        "request_template = '{\"id\": }'\n",
        "translation_map = { status = \"$.[status\" }\n",
        "headers = { trace = \"${input.trace}\" }\n",
    ] {
        let stage = four(last);
        stage.write("input.json", r#"{"orderNumber": "A-4711"}"#);
        told += &refused(&stage);
    }
    insta::assert_snapshot!(told, @"
    exit 2
    -- stderr
    error[E9]: [[action]] `Action 4`: `request_template`: `#if` has no `#end`
    exit 2
    -- stderr
    error[E9]: [[action]] `Action 4`: `request_template`, filled with the test's input, is not valid JSON: expected value at line 1 column 8
    exit 2
    -- stderr
    error[E9]: [[action]] `Action 4`: `request_template` is not valid JSON: expected value at line 1 column 8
    exit 2
    -- stderr
    error[E9]: [[action]] `Action 4`: `$.[status` of `status` in `translation_map` is not a JSON path; a `[` or a quote is not closed
    exit 2
    -- stderr
    error[E9]: [[action]] `Action 4`: the header `trace` uses `${input.trace}`, but the input schema has no `trace`
    ");
}

#[test]
fn arrays_within_arrays_are_told_at_any_depth() {
    let stage = four("");
    stage.write(
        "schemas/response.json",
        r#"{"type":"object","properties":{"orders":{"type":"array","items":{"type":"object","properties":{
            "lines":{"type":"array","items":{"type":"string"}}}}}}}"#,
    );
    insta::assert_snapshot!(refused(&stage), @"
    exit 2
    -- stderr
    error[E9]: schemas/response.json:/properties/orders/items/properties/lines: Genesys Cloud does not support arrays within arrays in an output; flatten it in the function or in `success_template`
    ");
}

/// 101 actions in one manifest.
fn too_many() -> Stage {
    let mut text = manifest(ONE_TARGET);
    for number in 1..=101 {
        text += &format!(
            "\n[[action]]\nname = \"Action {number}\"\ncategory = \"Orders\"\ntarget = \"my-genesys-trigger-function\"\n\
             input_schema = \"schemas/request.json\"\noutput_schema = \"schemas/response.json\"\n"
        );
    }
    stage_with(&text, State::demo())
}

#[test]
fn more_actions_than_an_integration_may_have_are_refused_and_a_higher_limit_counts() {
    let stage = too_many();
    insta::assert_snapshot!(stage.run_client(&["apply", "--yes"]).whole(), @"
    exit 1
    -- stdout
    account 123456789012, as arn:aws:sts::123456789012:assumed-role/ci/rolecall
    Role arn:aws:iam::123456789012:role/GenesysDataActionRole (does not exist yet)
      trusted     arn:aws:iam::765628985471:root and arn:aws:iam::123456789012:role/ci with external ID 5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94
      may invoke  arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function


    As it is in AWS
      proved     nobody outside the account reaches a target function without the role
      Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.
      note: not examined: the policies of aliases and versions that the manifest does not name; `verify --level live` reads them

    Result: failed: nothing was changed: integration `GenesysDataActionRole` would have 101 actions, but Genesys Cloud allows 100 an integration (exit code 1)
    -- stderr
    error[E23]: nothing was changed: integration `GenesysDataActionRole` would have 101 actions, but Genesys Cloud allows 100 an integration
    hint: spread the actions over several manifests with an integration each, or ask Genesys for a higher limit (`actions.integration.max`)
    ");
    assert!(writes(&stage).is_empty());
    change(&stage, |state| {
        let limits = state.genesys.limits.get_mut("dataactions").unwrap();
        limits.insert("actions.integration.max".to_owned(), 200);
    });
    stage.run_client(&["plan"]).expect(0);
}

const CHECK: [&str; 4] = ["genesys", "action", "check", "Action 4"];

#[test]
fn a_recorded_answer_is_put_through_the_templates_without_a_call() {
    let stage = four(
        "success_template = '{\"status\": ${status}}'\ntranslation_map = { status = \"$.order.status\" }\n",
    );
    stage.write("answer.json", r#"{"order": {"status": "open"}}"#);
    let check = |more: &[&str]| stage.run_client(&[CHECK.as_slice(), more].concat()).whole();
    insta::assert_snapshot!(check(&["--answer", "answer.json"]), @r#"
    exit 0
    -- stdout
    ✓ translation map
        {"status":"open"}
    ✓ success template
        {"status":"open"}
    ✓ result against the output schema
        {"status":"open"}

    Result: done: action Action 4 fits the recorded answer
    "#);
    // The path leads nowhere, so the template has no value for it.
    stage.write("answer.json", r#"{"orders": []}"#);
    insta::assert_snapshot!(check(&["--answer", "answer.json"]), @"
    exit 4
    -- stdout
    ✓ translation map
        {}
    ✗ success template
        `${status}` has no value

    Result: refuted: action Action 4 would fail in Genesys Cloud (exit code 4)
    ");
    // What is made does not fit the output schema.
    stage.write("answer.json", r#"{"order": {"status": 7}}"#);
    insta::assert_snapshot!(check(&["--answer", "answer.json"]), @r#"
    exit 4
    -- stdout
    ✓ translation map
        {"status":7}
    ✓ success template
        {"status":7}
    ✗ result against the output schema
        /status: 7 is not of type "string"

    Result: refuted: action Action 4 would fail in Genesys Cloud (exit code 4)
    "#);
    insta::assert_snapshot!(check(&[]), @"
    exit 2
    -- stderr
    error[E1]: nothing to check action `Action 4` with
    hint: pass --input FILE or --answer FILE, or set `test_input` in the [[action]]
    ");
    assert!(stage.calls().is_empty());
}

#[test]
fn a_directive_is_undecided_and_never_a_pass() {
    let stage = four("success_template = '#if(true){\"status\": \"x\"}#end'\n");
    stage.write("answer.json", "{}");
    let run =
        stage.run_client(&[CHECK.as_slice(), &["--answer", "answer.json", "--output", "json"]].concat());
    insta::assert_snapshot!(run.whole(), @r#"
    exit 5
    -- stdout
    {
      "action": "Action 4",
      "steps": [
        {
          "step": "translation map",
          "outcome": "succeeded",
          "made": {}
        },
        {
          "step": "success template",
          "outcome": "undecided",
          "reason": "rolecall does not carry out the Velocity directive `#if`"
        }
      ]
    }
    "#);
}
