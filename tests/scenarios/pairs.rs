//! A few of the pairs of manifests that `just pairs` makes by the hundred.

use super::{judge, stage};

#[path = "../chaos/manifests.rs"]
mod manifests;
#[path = "../chaos/pairs.rs"]
mod run;

#[test]
fn one_manifest_after_another_is_applied_and_then_there_is_no_drift() {
    let (ended, wrong) = run::run(20, 4);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(ended.contains(&run::Ended::Converged) && ended.len() == 20, "{ended:?}");
}
