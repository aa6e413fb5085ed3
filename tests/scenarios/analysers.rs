//! AWS's own analysers: what they say beside rolecall, what becomes of a contradiction, and of a question that may not be
//! asked.

use rolecall::sandbox::{Fault, FaultRule, Faults, Tamper};
use serde_json::{Value, json};

use super::recorded::{Asked, Recorded};
use super::stage::{ROLE, Run, Stage};

fn applied() -> Stage {
    let stage = Stage::new();
    stage.run(&["apply", "--yes", "--level", "paper"]).expect(0);
    stage.calls();
    stage
}

fn row<'a>(report: &'a Value, id: &str) -> &'a Value {
    let rows = report["verification"]["table"].as_array().unwrap();
    rows.iter().find(|row| row["id"] == id).unwrap_or_else(|| panic!("no {id} in {rows:?}"))
}

fn findings(report: &Value, id: &str) -> Vec<Value> {
    let all = report["verification"]["findings"].as_array().unwrap().iter();
    all.filter(|finding| finding["id"] == id).cloned().collect()
}

#[test]
fn the_simulator_confirms_a_right_role_with_evidence() {
    let stage = applied();
    let report = stage.run(&["verify", "--output", "json"]).expect(0).json();
    for id in ["only-targets", "every-target"] {
        let row = row(&report, id);
        assert_eq!(
            (&row["paper"], &row["analysers"]["shows"]),
            (&json!("proved"), &json!("confirms")),
            "{row}"
        );
        let evidence = &row["analysers"]["evidence"][0];
        assert_eq!(evidence["principal"], "arn:aws:sts::123456789012:assumed-role/ci/rolecall");
        assert!(evidence["request_id"].as_str().is_some_and(|id| id.len() == 36), "{evidence}");
        assert!(evidence["time"].as_str().is_some_and(|time| time.ends_with('Z')), "{evidence}");
    }
    // That we may assume it says nothing about Genesys Cloud.
    let rows = report["verification"]["table"].as_array().unwrap();
    let live: Vec<&Value> =
        rows.iter().filter(|row| row["id"] == "may-assume").map(|row| &row["live"]).collect();
    assert_eq!((live[0], &live[1]["shows"]), (&Value::Null, &json!("confirms")));
    let calls = stage.calls();
    let simulations = calls.iter().filter(|call| call.action == "SimulatePrincipalPolicy").count();
    assert_eq!(simulations, 3, "one round of three calls, however many targets");
    insta::assert_snapshot!(stage.run(&["verify"]).outline(), @"
    exit 0
    -- stdout
    account 123456789012, as arn:aws:sts::123456789012:assumed-role/ci/rolecall
    Role arn:aws:iam::123456789012:role/GenesysDataActionRole
      trusted     arn:aws:iam::765628985471:root and arn:aws:iam::123456789012:role/ci with external ID 5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94
      may invoke  arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function
    Verification
      paper    analysers  live       claim
      proved   -          -          nobody but the trusted principals can assume the role
      proved   -          confirmed  the trusted principals can assume the role only with the external ID `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94`
      proved   -          -          `arn:aws:iam::765628985471:root` can assume the role
      proved   -          confirmed  `arn:aws:iam::123456789012:role/ci` can assume the role
      proved   confirmed  confirmed  a session can do nothing but invoke the target functions
      proved   confirmed  confirmed  a session can invoke the target function
      proved   -          -          nobody outside the account reaches a target function without the role
      Proved on the role's side. No organization policy applies to it. Policies of other resources and of the caller are not part of it.
      confirmed  iam:SimulatePrincipalPolicy: the targets
      confirmed  iam:SimulatePrincipalPolicy: functions other than the targets
      confirmed  iam:SimulatePrincipalPolicy: other actions on a target
      confirmed  iam:SimulatePrincipalPolicy: actions that this role never needs
      confirmed  sts:AssumeRole with the correct external ID: allowed
      confirmed  sts:AssumeRole without an external ID: denied
      confirmed  sts:AssumeRole with a wrong external ID: denied
      confirmed  sts:AssumeRole with the correct external ID, different letter case: denied
      confirmed  DryRun of arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function: allowed
      confirmed  DryRun of arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function-rolecall-sibling: denied
      confirmed  DryRun of arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function:$LATEST: denied
      note: no second opinion from access-analyzer:ValidatePolicy: the sandbox does not support IAM Access Analyzer
    Result: every claim about the role is proved
    ");
}

#[test]
fn the_simulator_sees_a_widened_policy_and_a_boundary_as_the_paper_does() {
    for (kind, id) in [(Tamper::PolicyWidened, "only-targets"), (Tamper::PolicyDetached, "every-target")] {
        let stage = applied();
        stage.tamper(kind);
        let report = stage.run(&["verify", "--output", "json"]).expect(4).json();
        let row = row(&report, id);
        assert_eq!(
            (&row["paper"], &row["analysers"]["shows"]),
            (&json!("refuted"), &json!("refutes")),
            "{row}"
        );
        assert!(findings(&report, "C2").is_empty(), "nobody disagrees");
    }
}

#[test]
fn what_may_not_be_asked_is_a_note_and_no_failure() {
    let stage = applied();
    let deny = |operation: &str| FaultRule {
        operation: operation.to_owned(),
        skip: 0,
        times: None,
        fault: Fault::Deny,
    };
    let operations = [
        "iam:SimulatePrincipalPolicy",
        "lambda:GetPolicy",
        "lambda:ListFunctionUrlConfigs",
        "lambda:ListAliases",
        "organizations:DescribeOrganization",
    ];
    stage.set(Faults { rules: operations.map(deny).to_vec(), ..Faults::default() });
    insta::assert_snapshot!(stage.run(&["verify"]).outline(), @"
    exit 5
    -- stdout
    account 123456789012, as arn:aws:sts::123456789012:assumed-role/ci/rolecall
    Role arn:aws:iam::123456789012:role/GenesysDataActionRole
      trusted     arn:aws:iam::765628985471:root and arn:aws:iam::123456789012:role/ci with external ID 5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94
      may invoke  arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function
    Verification
      paper    analysers  live       claim
      proved   -          -          nobody but the trusted principals can assume the role
      proved   -          confirmed  the trusted principals can assume the role only with the external ID `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94`
      proved   -          -          `arn:aws:iam::765628985471:root` can assume the role
      proved   -          confirmed  `arn:aws:iam::123456789012:role/ci` can assume the role
      proved   -          confirmed  a session can do nothing but invoke the target functions
      proved   -          confirmed  a session can invoke the target function
      unknown  -          -          nobody outside the account reaches a target function without the role
      Proved on the role's side. Organization policies (SCPs, RCPs) could not be read and may deny access. Policies of other resources and of the caller are not part of it.
      confirmed  sts:AssumeRole with the correct external ID: allowed
      confirmed  sts:AssumeRole without an external ID: denied
      confirmed  sts:AssumeRole with a wrong external ID: denied
      confirmed  sts:AssumeRole with the correct external ID, different letter case: denied
      confirmed  DryRun of arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function: allowed
      confirmed  DryRun of arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function-rolecall-sibling: denied
      confirmed  DryRun of arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function:$LATEST: denied
      note: rolecall did not check whether other principals may invoke the targets directly: the caller needs lambda:GetPolicy (and 2 more of these)
      note: rolecall did not read where the targets' aliases point, nor the policies of further aliases: the caller needs lambda:ListAliases
      note: rolecall did not check whether the targets have public URLs: the caller needs lambda:ListFunctionUrlConfigs
      note: organization policies could not be read (organizations:DescribeOrganization failed: User: arn:aws:sts::123456789012:assumed-role/ci/rolecall is not authorized to perform: organizations:DescribeOrganization (AccessDeniedException, request [id])) and may deny access; the management account and delegated administrators can read them
      note: no second opinion from iam:SimulatePrincipalPolicy: the caller does not have the permission
      note: no second opinion from access-analyzer:ValidatePolicy: the sandbox does not support IAM Access Analyzer
    Result: undecided: not decided: nobody outside the account reaches a target without the role (exit code 5)
    ");
}

#[test]
fn an_apply_asks_no_analyser() {
    let stage = applied();
    stage.run(&["apply", "--yes"]).expect(0);
    let calls = stage.calls();
    let asked = |call: &&rolecall::sandbox::LogEntry| {
        let more = ["SimulatePrincipalPolicy", "ListVersionsByFunction", "ListAliases"];
        more.contains(&call.action.as_str())
            || ["organizations", "access-analyzer"].contains(&call.service.as_str())
    };
    let more: Vec<_> = calls.iter().filter(asked).collect();
    assert!(more.is_empty(), "{more:?}");
}

/// The simulator's answer with one word for everything.
fn simulated(asked: &Asked, word: &str, organization: Option<bool>) -> Option<(u16, String)> {
    if !asked.body.contains("Action=SimulatePrincipalPolicy") {
        return None;
    }
    let parameter = |name: &'static str| {
        asked
            .body
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .filter(move |(key, _)| key.starts_with(name))
            .map(|(_, value)| percent_encoding::percent_decode_str(value).decode_utf8_lossy().into_owned())
    };
    let resources: String = parameter("ResourceArns")
        .map(|arn| {
            format!(
                "<member><EvalResourceName>{arn}</EvalResourceName><EvalResourceDecision>{word}</EvalResourceDecision>\
                 </member>"
            )
        })
        .collect();
    let detail = organization.map_or_else(String::new, |allowed| {
        format!(
            "<OrganizationsDecisionDetail><AllowedByOrganizations>{allowed}</AllowedByOrganizations>\
             </OrganizationsDecisionDetail>"
        )
    });
    let results: String = parameter("ActionNames")
        .map(|action| {
            format!(
                "<member><EvalActionName>{action}</EvalActionName><EvalResourceName>*</EvalResourceName>\
                 <EvalDecision>{word}</EvalDecision>{detail}<ResourceSpecificResults>{resources}\
                 </ResourceSpecificResults></member>"
            )
        })
        .collect();
    let body = format!(
        "<SimulatePrincipalPolicyResponse xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\">\
         <SimulatePrincipalPolicyResult><EvaluationResults>{results}</EvaluationResults><IsTruncated>false</IsTruncated>\
         </SimulatePrincipalPolicyResult></SimulatePrincipalPolicyResponse>"
    );
    Some((200, body))
}

fn verify_with(stage: &Stage, variable: &str, recorded: &Recorded, more: &[&str]) -> Run {
    let arguments = [&["verify", "--output", "json"], more].concat();
    stage.command(&arguments).env(variable, recorded.url()).output().unwrap().into()
}

#[test]
fn a_contradiction_is_a_finding_with_both_answers_and_leaves_the_question_open() {
    let stage = applied();
    let recorded =
        Recorded::new(&stage.sandbox.endpoint_url(), |asked| simulated(asked, "implicitDeny", None));
    let report = verify_with(&stage, "AWS_ENDPOINT_URL_IAM", &recorded, &[]).expect(5).json();
    let row = row(&report, "every-target");
    assert_eq!((&row["paper"], &row["analysers"]["shows"]), (&json!("proved"), &json!("disagrees")), "{row}");
    let found = findings(&report, "C2");
    assert_eq!(found.len(), 1, "{found:?}");
    let message = found[0]["message"].as_str().unwrap();
    insta::assert_snapshot!(message, @"iam:SimulatePrincipalPolicy and rolecall contradict each other about lambda:InvokeFunction on arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function: AWS says denied: no statement allows it, rolecall says allowed (allowed by statement 1 of the caller's identity policies)");
}

#[test]
fn a_denial_by_an_organization_is_no_contradiction() {
    let stage = applied();
    let recorded =
        Recorded::new(&stage.sandbox.endpoint_url(), |asked| simulated(asked, "implicitDeny", Some(false)));
    let report = verify_with(&stage, "AWS_ENDPOINT_URL_IAM", &recorded, &[]).expect(4).json();
    let row = row(&report, "every-target");
    assert_eq!(row["analysers"]["shows"], "refutes", "{row}");
    assert!(findings(&report, "C2").is_empty());
}

#[test]
fn every_format_shows_what_the_analysers_say() {
    let stage = applied();
    let verify = |format: &str| stage.run(&["verify", "--output", format]).expect(0);
    insta::assert_snapshot!(verify("markdown").whole(), @r"
    exit 0
    -- stdout
    ## rolecall verify: every claim about the role is proved

    Role `arn:aws:iam::123456789012:role/GenesysDataActionRole`, exit code 0.

    rolecall 0.1.0, [time], account 123456789012, caller arn:aws:sts::123456789012:assumed-role/ci/rolecall

    ### Proof

    | paper | AWS's analysers | live | claim | because |
    |---|---|---|---|---|
    | ✅ proved |  |  | nobody but the trusted principals can assume the role |  |
    | ✅ proved |  | ✅ confirmed | the trusted principals can assume the role only with the external ID \`5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94\` |  |
    | ✅ proved |  |  | \`arn:aws:iam::765628985471:root\` can assume the role |  |
    | ✅ proved |  | ✅ confirmed | \`arn:aws:iam::123456789012:role/ci\` can assume the role |  |
    | ✅ proved | ✅ confirmed | ✅ confirmed | a session can do nothing but invoke the target functions |  |
    | ✅ proved | ✅ confirmed | ✅ confirmed | a session can invoke the target function |  |
    | ✅ proved |  |  | nobody outside the account reaches a target function without the role |  |

    Proved on the role's side. No organization policy applies to it. Policies of other resources and of the caller are not part of it.

    ### AWS's analysers

    | | analyser | question | answer |
    |---|---|---|---|
    | ✅ confirmed | iam:SimulatePrincipalPolicy | the targets | 1 of 1 allowed |
    | ✅ confirmed | iam:SimulatePrincipalPolicy | functions other than the targets | 7 of 7 denied |
    | ✅ confirmed | iam:SimulatePrincipalPolicy | other actions on a target | 6 of 6 denied |
    | ✅ confirmed | iam:SimulatePrincipalPolicy | actions that this role never needs | 9 of 9 denied |

    ### Probes

    | | probe | what it shows |
    |---|---|---|
    | ✅ confirmed | sts:AssumeRole with the correct external ID | AWS let the probe principal arn:aws:sts::123456789012:assumed-role/ci/rolecall assume the role |
    | ✅ confirmed | sts:AssumeRole without an external ID | AWS refused the probe principal arn:aws:sts::123456789012:assumed-role/ci/rolecall, as expected |
    | ✅ confirmed | sts:AssumeRole with a wrong external ID | AWS refused the probe principal arn:aws:sts::123456789012:assumed-role/ci/rolecall, as expected |
    | ✅ confirmed | sts:AssumeRole with the correct external ID, different letter case | AWS refused the probe principal arn:aws:sts::123456789012:assumed-role/ci/rolecall, as expected |
    | ✅ confirmed | DryRun of arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function | the session may invoke the target |
    | ✅ confirmed | DryRun of arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function-rolecall-sibling | the session may not invoke a function other than the targets |
    | ✅ confirmed | DryRun of arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function:$LATEST | the session may not invoke the target in a form that the manifest does not list |

    - no second opinion from access-analyzer:ValidatePolicy: the sandbox does not support IAM Access Analyzer
    ");
    let page = verify("html").stdout;
    let claims: Vec<&str> =
        page.lines().filter(|line| line.starts_with("<p class=\"quiet\">AWS&#39;s analysers: ")).collect();
    insta::assert_snapshot!(claims.join("\n"), @r#"
    <p class="quiet">AWS&#39;s analysers: <span class="tag good">confirmed</span></p>
    <p class="quiet">AWS&#39;s analysers: <span class="tag good">confirmed</span></p>
    "#);
    let (_, analysers) = page.split_once("<section aria-labelledby=\"analysers-heading\">").unwrap();
    let (analysers, more) = analysers.split_once("</section>").unwrap();
    insta::assert_snapshot!(analysers, @r#"

    <h2 id="analysers-heading">Second opinions: AWS's own analysers</h2>
    <ul>
    <li class="good"><span class="tag good">confirmed</span> iam:SimulatePrincipalPolicy: the targets
    <p class="quiet">1 of 1 allowed; rolecall: allowed too</p>
    </li>
    <li class="good"><span class="tag good">confirmed</span> iam:SimulatePrincipalPolicy: functions other than the targets
    <p class="quiet">7 of 7 denied; rolecall: denied too</p>
    </li>
    <li class="good"><span class="tag good">confirmed</span> iam:SimulatePrincipalPolicy: other actions on a target
    <p class="quiet">6 of 6 denied; rolecall: denied too</p>
    </li>
    <li class="good"><span class="tag good">confirmed</span> iam:SimulatePrincipalPolicy: actions that this role never needs
    <p class="quiet">9 of 9 denied; rolecall: denied too</p>
    </li>
    </ul>
    "#);
    let (_, notes) = more.split_once("<section aria-labelledby=\"notes-heading\">").unwrap();
    insta::assert_snapshot!(notes.split_once("</section>").unwrap().0, @r#"
    <h2 id="notes-heading">Notes: what was not checked</h2>
    <ul>
    <li>no second opinion from access-analyzer:ValidatePolicy: the sandbox does not support IAM Access Analyzer</li>
    </ul>
    "#);
    insta::assert_snapshot!(suite_of_analysers(&verify("junit")), @r#"
    tests="4" skipped="0" errors="0" failures="0">
           <testcase name="iam:SimulatePrincipalPolicy: the targets" classname="rolecall.verify.analysers"/>
           <testcase name="iam:SimulatePrincipalPolicy: functions other than the targets" classname="rolecall.verify.analysers"/>
           <testcase name="iam:SimulatePrincipalPolicy: other actions on a target" classname="rolecall.verify.analysers"/>
           <testcase name="iam:SimulatePrincipalPolicy: actions that this role never needs" classname="rolecall.verify.analysers"/>
    "#);
    // What only an analyser refutes is a failure in its own right.
    let recorded =
        Recorded::new(&stage.sandbox.endpoint_url(), |asked| simulated(asked, "implicitDeny", Some(false)));
    let refuted = |format: &str| -> Run {
        let mut command = stage.command(&["verify", "--output", format]);
        let run: Run = command.env("AWS_ENDPOINT_URL_IAM", recorded.url()).output().unwrap().into();
        run.expect(4)
    };
    insta::assert_snapshot!(suite_of_analysers(&refuted("junit")), @r#"
    tests="4" skipped="0" errors="0" failures="1">
           <testcase name="iam:SimulatePrincipalPolicy: lambda:InvokeFunction on arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function" classname="rolecall.verify.analysers">
               <failure message="refuted">denied: no statement allows it, by an organization policy (SCP); rolecall: allowed (allowed by statement 1 of the caller&apos;s identity policies)</failure>
           </testcase>
           <testcase name="iam:SimulatePrincipalPolicy: functions other than the targets" classname="rolecall.verify.analysers"/>
           <testcase name="iam:SimulatePrincipalPolicy: other actions on a target" classname="rolecall.verify.analysers"/>
           <testcase name="iam:SimulatePrincipalPolicy: actions that this role never needs" classname="rolecall.verify.analysers"/>
    "#);
    insta::assert_json_snapshot!(refuted("sarif").json()["runs"][0]["results"], @r#"
    [
      {
        "ruleId": "analyser-organization-denies",
        "ruleIndex": 0,
        "level": "error",
        "message": {
          "text": "iam:SimulatePrincipalPolicy: lambda:InvokeFunction on arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function: denied: no statement allows it, by an organization policy (SCP)"
        },
        "locations": [
          {
            "physicalLocation": {
              "artifactLocation": {
                "uri": "rolecall.toml"
              },
              "region": {
                "startLine": 7,
                "startColumn": 2
              }
            },
            "logicalLocations": [
              {
                "fullyQualifiedName": "arn:aws:iam::123456789012:role/GenesysDataActionRole",
                "kind": "resource"
              }
            ]
          }
        ],
        "partialFingerprints": {
          "rolecall/v1": "analyser-organization-denies|arn:aws:iam::123456789012:role/GenesysDataActionRole|iam:SimulatePrincipalPolicy: lambda:InvokeFunction on arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function"
        }
      }
    ]
    "#);
    let rule = refuted("sarif").json()["runs"][0]["tool"]["driver"]["rules"][0].clone();
    insta::assert_snapshot!(rule["help"]["text"].as_str().unwrap(), @"`rolecall apply` cannot repair this. Ask the administrators of the AWS organization to allow the call in their service control policies (SCPs).");
    insta::assert_snapshot!(refuted("github").whole(), @"
    exit 4
    -- stdout
    ::error file=rolecall.toml,line=7,col=2,title=An organization policy denies what the manifest needs::iam:SimulatePrincipalPolicy: lambda:InvokeFunction on arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function: denied: no statement allows it, by an organization policy (SCP)
    ");
    let summary = refuted("markdown").stdout;
    let (_, analysers) = summary.split_once("### AWS's analysers\n").unwrap();
    insta::assert_snapshot!(analysers.split_once("###").unwrap().0, @"

    | | analyser | question | answer |
    |---|---|---|---|
    | ❌ refuted | iam:SimulatePrincipalPolicy | lambda:InvokeFunction on arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function | denied: no statement allows it, by an organization policy (SCP) |
    | ✅ confirmed | iam:SimulatePrincipalPolicy | functions other than the targets | 7 of 7 denied |
    | ✅ confirmed | iam:SimulatePrincipalPolicy | other actions on a target | 6 of 6 denied |
    | ✅ confirmed | iam:SimulatePrincipalPolicy | actions that this role never needs | 9 of 9 denied |
    ");
}

/// What JUnit's format says of the analysers.
fn suite_of_analysers(run: &Run) -> String {
    let (_, suite) = run.stdout.split_once("<testsuite name=\"rolecall verify analysers\"").unwrap();
    suite.split_once("</testsuite>").unwrap().0.to_owned()
}

/// Access Analyzer's answers.
fn analysed(asked: &Asked, result: &str) -> Option<(u16, String)> {
    let body: Value = serde_json::from_str(&asked.body).unwrap();
    let is_trust = body["validatePolicyResourceType"] == "AWS::IAM::AssumeRolePolicyDocument";
    let answer = match asked.operation.as_str() {
        "/policy/validation" if is_trust => {
            assert_eq!(body["policyType"], "RESOURCE_POLICY");
            json!({"findings": [{
                "findingDetails": "Using ForAllValues with a single-valued key grants too much.",
                "findingType": "SECURITY_WARNING",
                "issueCode": "FORALLVALUES_WITH_SINGLE_VALUED_KEY",
                "learnMoreLink": "https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference.html",
                "locations": [{
                    "path": [{"value": "Statement"}, {"index": 0}, {"value": "Condition"}],
                    "span": {"start": {"line": 1, "column": 0, "offset": 0}, "end": {"line": 1, "column": 9, "offset": 9}},
                }],
            }]})
        }
        "/policy/validation" => {
            assert_eq!(body["policyType"], "IDENTITY_POLICY");
            json!({"findings": []})
        }
        "/policy/check-no-public-access" => {
            assert_eq!(body["resourceType"], "AWS::IAM::AssumeRolePolicyDocument");
            json!({"result": result, "message": "The resource policy was checked."})
        }
        "/policy/check-no-new-access" => {
            let reasons =
                json!([{"description": "New access in the statement with index: 0.", "statementIndex": 0}]);
            let reasons = if result == "FAIL" { reasons } else { json!([]) };
            json!({"result": result, "message": "The document was compared.", "reasons": reasons})
        }
        other => panic!("{other}"),
    };
    Some((200, answer.to_string()))
}

#[test]
fn access_analyzer_is_asked_about_every_document_and_billed_checks_only_on_request() {
    let stage = applied();
    let elsewhere = stage.sandbox.endpoint_url();
    let recorded = Recorded::new(&elsewhere, |asked| analysed(asked, "PASS"));
    let report = verify_with(&stage, "AWS_ENDPOINT_URL_ACCESSANALYZER", &recorded, &[]).expect(0).json();
    assert_eq!(recorded.asked(), ["/policy/validation"; 2]);
    let found = findings(&report, "FORALLVALUES_WITH_SINGLE_VALUED_KEY");
    assert_eq!(found.len(), 1);
    assert_eq!((&found[0]["severity"], &found[0]["statement"]), (&json!("warning"), &json!("statement 1")));

    let recorded = Recorded::new(&elsewhere, |asked| analysed(asked, "PASS"));
    let more = ["--billed-checks"];
    let report = verify_with(&stage, "AWS_ENDPOINT_URL_ACCESSANALYZER", &recorded, &more).expect(0).json();
    let mut asked = recorded.asked();
    asked.sort();
    let (public, new) = ("/policy/check-no-public-access", "/policy/check-no-new-access");
    assert_eq!(asked, [new, new, public, "/policy/validation", "/policy/validation"]);
    let row = row(&report, "only-trusted");
    assert_eq!((&row["paper"], &row["analysers"]["shows"]), (&json!("proved"), &json!("confirms")), "{row}");
}

#[test]
fn a_failed_check_contradicts_a_proof_and_supports_a_refutation() {
    let stage = applied();
    let fail = |stage: &Stage| {
        let recorded = Recorded::new(&stage.sandbox.endpoint_url(), |asked| analysed(asked, "FAIL"));
        verify_with(stage, "AWS_ENDPOINT_URL_ACCESSANALYZER", &recorded, &["--billed-checks"])
    };
    let report = fail(&stage).expect(5).json();
    assert_eq!(row(&report, "only-trusted")["analysers"]["shows"], "disagrees");
    assert_eq!(findings(&report, "C2").len(), 3);
    stage.sandbox.change(|state| Tamper::TrustExtraPrincipal.apply(state, ROLE)).unwrap().unwrap();
    let report = fail(&stage).expect(4).json();
    assert_eq!(row(&report, "only-trusted")["analysers"]["shows"], "refutes");
}
