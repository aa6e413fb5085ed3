//! Writing a manifest and reading it again.

use proptest::prelude::*;
use rolecall_model::manifest::write::render;

use super::{FULL, LEAST, parse, strategy};

proptest! {
    /// What is written is what is read.
    #[test]
    fn a_written_manifest_reads_the_same(manifest in strategy::manifest()) {
        let text = render(&manifest);
        let (again, _) = parse(&text);
        prop_assert_eq!(again, manifest, "{}", text);
    }
}

#[test]
fn a_plain_manifest_is_written_without_cause_for_a_warning() {
    for text in [LEAST, FULL] {
        let (manifest, _) = parse(text);
        let (again, warnings) = parse(&render(&manifest));
        assert_eq!((again, warnings), (manifest, vec![]));
    }
}

#[test]
fn the_page_explains_itself() {
    let text = LEAST
        .replace("us-east-1\"", "us-east-1\"\norganization_id = \"5f6b2c1e-8a4d-4c57-9d0e-3b1f6a7c2e90\"");
    let (manifest, _) = parse(&text);
    assert_eq!(
        render(&manifest),
        r#"# The IAM role that Genesys Cloud assumes, and the Lambda functions that it may then invoke.
# `rolecall plan` shows what would change in AWS; `rolecall apply` changes and verifies it.
version = 1

[genesys]
# The AWS region in which the organisation lives, or its domain. It decides the login host and the AWS
# account that the role trusts.
region = "us-east-1"
# The organisation's ID. It is the external ID: without it nobody can assume the role.
organization_id = "5f6b2c1e-8a4d-4c57-9d0e-3b1f6a7c2e90"

[role]
name = "GenesysDataActionRole"
path = "/"
# The longest session in seconds: 3600 to 43200.
max_session_duration = 3600

# Each [[target]] is one function that may be invoked, in exactly this form.

[[target]]
function = "order-status"

# How AWS is reached. With `account`, credentials of any other account are refused:
# [aws]
# account = "123456789012"
"#
    );
}
