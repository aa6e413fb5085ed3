//! A plan that would open the role to somebody else says so before anything is written.

use rolecall::sandbox::Tamper;

use super::stage::{ROLE, Stage};

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
        .says("nothing was changed: the role would then be open to somebody else:\n  T3: ")
        .says("--allow-findings");
    assert!(stage.calls().iter().all(|call| !call.write));
    let allowed = ["apply", "--yes", "--policies", "own", "--allow-findings", "t3"];
    stage.run(&allowed).expect(4).says("3 changes made.").says("refuted    the role can be assumed");
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
        stage.sandbox.change(|state| kind.apply(state, ROLE)).unwrap().unwrap();
        let report = stage.run(&["verify", "--level", "paper", "--output", "json"]).json();
        let findings = report["verification"]["findings"].as_array().unwrap().clone();
        let ids: Vec<_> = findings.iter().map(|finding| finding["id"].as_str().unwrap()).collect();
        assert!(ids.contains(&expected), "{}: {ids:?}", kind.name());
    }
}
