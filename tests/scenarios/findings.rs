//! A plan that would open the role to somebody else says so before anything is written.

use rolecall::sandbox::Tamper;

use super::stage::Stage;

const WITHOUT_NEED: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow",
    "Principal":{"AWS":"{{trusted_principals}}"},"Action":"sts:AssumeRole",
    "Condition":{"StringEqualsIfExists":{"sts:ExternalId":"{{external_id}}"}}}]}"#;

#[test]
fn a_plan_that_opens_the_role_is_refused_unless_its_finding_is_allowed() {
    let stage = Stage::new();
    stage.write("own/trust.json", WITHOUT_NEED);
    stage.run(&["plan", "--policies", "own"]).expect(4).says("T3").says("without an external ID");
    stage
        .run(&["apply", "--yes", "--policies", "own"])
        .expect(4)
        .says("nothing was changed in AWS or Genesys Cloud: apply refuses this plan; these checks would not pass after it")
        .says("\n  external-id (refuted): ")
        .says("\n  T3 (refuted): ")
        .says("use `--allow-claim external-id --allow-findings T3` to apply anyway");
    assert!(stage.calls().iter().all(|call| !call.write));
    let allowed = ["apply", "--yes", "--policies", "own", "--allow-findings", "t3"];
    stage
        .run(&allowed)
        .expect(4)
        .says("3 changes made.")
        .says("refuted    the trusted principals can assume the role only with");
}

/// Each kind of tampering with the documents has its finding in `verify`, and a role as it should be has none.
#[test]
fn tampering_has_its_findings() {
    let stage = Stage::new();
    stage.run(&["apply", "--yes"]).expect(0);
    let clean = stage.run(&["verify", "--level", "paper", "--output", "json"]).expect(0).json();
    assert_eq!(clean["verification"]["findings"], serde_json::json!([]));
    for (kind, expected) in [
        (Tamper::TrustNoCondition, "T1"),
        (Tamper::TrustIfExists, "T3"),
        (Tamper::TrustExtraPrincipal, "T10"),
        (Tamper::TrustWildcardPrincipal, "T10"),
        (Tamper::MaxSession, "T22"),
        (Tamper::ExtraManagedPolicy, "P1"),
        (Tamper::ExtraInlinePolicy, "P2"),
        (Tamper::PolicyWidened, "P3"),
    ] {
        stage.run(&["apply", "--yes", "--level", "paper", "--remove-foreign"]).expect(0);
        stage.tamper(kind);
        let report = stage.run(&["verify", "--level", "paper", "--output", "json"]).json();
        let findings = report["verification"]["findings"].as_array().unwrap().clone();
        let ids: Vec<_> = findings.iter().map(|finding| finding["id"].as_str().unwrap()).collect();
        assert!(ids.contains(&expected), "{}: {ids:?}", kind.name());
    }
}

/// A caller whom the manifest trusts and whose own policies forbid the probe learns nothing about the role, and is told so.
#[test]
fn a_caller_that_is_kept_back_by_its_own_policies_shows_nothing() {
    let stage = Stage::new();
    stage.run(&["apply", "--yes", "--level", "paper"]).expect(0);
    let deny =
        r#"{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"sts:AssumeRole","Resource":"*"}}"#;
    let changed = stage.sandbox.change(|state| {
        let roles = &mut state.accounts.get_mut("123456789012").unwrap().roles;
        let ci = roles.values_mut().find(|role| role.name == "ci").unwrap();
        ci.permissions.inline.insert("no-roles".to_owned(), deny.to_owned());
    });
    changed.unwrap();
    let run = stage.run(&["verify", "--level", "live", "--deadline", "5", "--output", "json"]);
    let report = run.json();
    let probes = report["verification"]["probes"].as_array().unwrap();
    assert_eq!(probes.len(), 4, "{probes:#?}");
    for probe in probes {
        assert_eq!(
            (&probe["answer"], &probe["shows"]),
            (&"denied".into(), &"no_information".into()),
            "{probe:#}"
        );
    }
    let told = |index: usize| probes[index]["message"].as_str().unwrap();
    assert!(told(0).contains("its own policies do not let it assume the role"), "{}", told(0));
    assert!(told(1).contains("but it refuses the correct external ID too"), "{}", told(1));
}
