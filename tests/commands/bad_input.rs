//! What `prove` says to files that are broken, hostile or something else, and that it says so in bounded time.

use std::time::{Duration, Instant};

use super::{rolecall, rolecall_reading};
use crate::scenarios::views::named;

#[test]
fn broken_and_foreign_files() {
    let deep_json = "[".repeat(100_000);
    let deep_yaml = format!("Resources: {}", "[".repeat(100_000));
    let deep_blocks: String = (0..400).map(|level| format!("{}a:\n", " ".repeat(level))).collect();
    let aliases = "a: &a [x]\nResources: *a\n";
    let bomb = "a: &a [x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b]\n";
    let rows: Vec<&[u8]> = vec![
        b"",
        b" \n\t",
        b"{",
        b"{\"Statement\": [}",
        b"\xff\xfe{\0}\0",
        b"{\"a\": \"\xc3\x28\"}",
        br#"{"Statement":[],"Statement":[]}"#,
        br#"{"Version":"2012-10-17"}"#,
        br#"{"Statement":{"Effect":"Deny"}}"#,
        br#"{"Version":"2012-10-18","Statement":[]}"#,
        br#"[{"name":"x","request":{}}]"#,
        b"[]",
        b"\"text\"",
        b"just text",
        b"a: b: c",
        b"Resources:\n  A: 1\n  A: 2\n",
        b"a: 1\n---\nb: 2\n",
        b"Resources: !!binary aGk=\n",
        b"Resources:\n  <<: {a: 1}\n",
        b"Resources: {}\n",
        br#"{"Role":{}}"#,
        br#"{"RoleDetailList":[]}"#,
        aliases.as_bytes(),
        bomb.as_bytes(),
        deep_json.as_bytes(),
        deep_yaml.as_bytes(),
        deep_blocks.as_bytes(),
    ];
    let mut said = String::new();
    for bytes in rows {
        let begun = Instant::now();
        let run = rolecall_reading(bytes, &["prove", "-"]);
        let beginning = bytes[..bytes.len().min(50)].escape_ascii();
        assert!(begun.elapsed() < Duration::from_secs(10), "{beginning}");
        said += &named(beginning, &run.whole());
    }
    insta::assert_snapshot!(said, @r#"
    === 
    exit 2
    -- stderr
    error[E10]: cannot prove standard input: it is empty
    ===  \n\t
    exit 2
    -- stderr
    error[E10]: cannot prove standard input: it is empty
    === {
    exit 2
    -- stderr
    error[E10]: cannot prove standard input: the document: not JSON: EOF while parsing an object at line 1 column 1
    === {\"Statement\": [}
    exit 2
    -- stderr
    error[E10]: cannot prove standard input: /Statement/0: not JSON: expected value at line 1 column 16
    === \xff\xfe{\x00}\x00
    exit 2
    -- stderr
    error[E10]: cannot read standard input: it is UTF-16; save it as UTF-8
    === {\"a\": \"\xc3(\"}
    exit 2
    -- stderr
    error[E10]: cannot read standard input: it is not UTF-8: byte 7 cannot be read
    === {\"Statement\":[],\"Statement\":[]}
    exit 2
    -- stderr
    error[E10]: cannot prove standard input: /Statement: the key `Statement` is given twice
    === {\"Version\":\"2012-10-17\"}
    exit 2
    -- stderr
    error[E10]: cannot prove standard input: unknown kind of file; expected one of: a policy document, the output of `terraform show -json`, a CloudFormation template, the output of `aws iam get-role` or `aws iam get-account-authorization-details`
    === {\"Statement\":{\"Effect\":\"Deny\"}}
    exit 2
    -- stderr
    error[E10]: cannot prove standard input: not a policy document: /Statement: `Action` or `NotAction` is missing
    === {\"Version\":\"2012-10-18\",\"Statement\":[]}
    exit 2
    -- stderr
    error[E10]: cannot prove standard input: not a policy document: /Version: the version must be `2012-10-17` or `2008-10-17`, not `2012-10-18`
    === [{\"name\":\"x\",\"request\":{}}]
    exit 2
    -- stderr
    error[E10]: cannot prove standard input: it is a file of cases, which `rolecall simulate` runs
    === []
    exit 2
    -- stderr
    error[E10]: cannot prove standard input: unknown kind of file; expected one of: a policy document, the output of `terraform show -json`, a CloudFormation template, the output of `aws iam get-role` or `aws iam get-account-authorization-details`
    === \"text\"
    exit 2
    -- stderr
    error[E10]: cannot prove standard input: unknown kind of file; expected one of: a policy document, the output of `terraform show -json`, a CloudFormation template, the output of `aws iam get-role` or `aws iam get-account-authorization-details`
    === just text
    exit 2
    -- stderr
    error[E10]: cannot prove standard input: unknown kind of file; expected one of: a policy document, the output of `terraform show -json`, a CloudFormation template, the output of `aws iam get-role` or `aws iam get-account-authorization-details`
    === a: b: c
    exit 2
    -- stderr
    error[E10]: cannot prove standard input: the document: line 1, column 5: not YAML: mapping values are not allowed in this context
    === Resources:\n  A: 1\n  A: 2\n
    exit 2
    -- stderr
    error[E10]: cannot prove standard input: /Resources/A: line 3, column 3: the key `A` is given twice
    === a: 1\n---\nb: 2\n
    exit 2
    -- stderr
    error[E10]: cannot prove standard input: the document: line 2, column 1: a second YAML document starts here
    === Resources: !!binary aGk=\n
    exit 2
    -- stderr
    error[E10]: cannot prove standard input: /Resources: line 1, column 21: the tag `!!binary` is not supported
    === Resources:\n  <<: {a: 1}\n
    exit 2
    -- stderr
    error[E10]: cannot prove standard input: /Resources: line 2, column 3: a merged mapping (`<<`), which CloudFormation does not support; write the keys out
    === Resources: {}\n
    exit 2
    -- stderr
    error[E10]: cannot prove standard input: the CloudFormation template contains no role
    hint: `rolecall prove` takes a policy document by itself, too
    === {\"Role\":{}}
    exit 5
    -- stdout
     (role description standard input)
      unknown    who can assume the role
                 the trust policy: `AssumeRolePolicyDocument` is missing
      Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.

    Result: unknown
    === {\"RoleDetailList\":[]}
    exit 2
    -- stderr
    error[E10]: cannot prove standard input: the account description contains no role
    hint: `rolecall prove` takes a policy document by itself, too
    === a: &a [x]\nResources: *a\n
    exit 2
    -- stderr
    error[E10]: cannot prove standard input: /Resources: line 2, column 12: an alias (`*name`), which CloudFormation does not support; write the value out
    === a: &a [x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*
    exit 2
    -- stderr
    error[E10]: cannot prove standard input: /b/0: line 2, column 8: an alias (`*name`), which CloudFormation does not support; write the value out
    === [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[
    exit 2
    -- stderr
    error[E10]: cannot prove standard input: /0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0: not JSON: recursion limit exceeded at line 1 column 128
    === Resources: [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[
    exit 2
    -- stderr
    error[E10]: cannot prove standard input: /Resources: line 1, column 267: not YAML: recursion limit exceeded
    === a:\n a:\n  a:\n   a:\n    a:\n     a:\n      a:\n       a
    exit 2
    -- stderr
    error[E10]: cannot prove standard input: /a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a: line 128, column 128: nested too deep
    "#);
    insta::assert_snapshot!(rolecall_reading(b"\xef\xbb\xbf{\"Statement\":[]}", &["prove", "-"]).whole(), @r#"
    exit 4
    -- stdout
    Identity policy standard input
      proved     a session can do nothing but invoke the target functions
      error      G1: IAM rejects this document: a policy needs at least one statement
                 why: applying it fails with an error from AWS, and the previous policy stays in force (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html)
                 fix: write a statement, or remove the policy
      note       G2: the document does not say `"Version": "2012-10-17"`
                 why: IAM stores a managed policy only with this version, and variables are plain text in an older one (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_version.html)
                 fix: write `"Version": "2012-10-17"`
      Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.
      note: read as an identity policy: it has no principals and is not about assuming roles

    Result: refuted
    "#);
    insta::assert_snapshot!(rolecall(&["prove", "pitfalls"]).whole(), @"
    exit 2
    -- stderr
    error[E7]: cannot read `pitfalls`: it is a folder, not a regular file
    hint: pipe the text into rolecall and name `-`, which is standard input
    ");
}

/// The first ten faults are named, and how many more were counted.
#[test]
fn a_document_of_faults() {
    let wide = format!(r#"{{"Statement":[{}]}}"#, vec!["{}"; 5_000].join(","));
    let run = rolecall_reading(wide, &["prove", "-"]).expect(2);
    let faults: Vec<&str> = run.stderr.split("; ").collect();
    assert_eq!(faults.len(), 11);
    insta::assert_snapshot!(faults[10], @"and at least 90 more");
    insta::assert_snapshot!(faults[..3].join("\n"), @"
    error[E10]: cannot prove standard input: not a policy document: /Statement/0: `Effect` is missing
    /Statement/0: `Action` or `NotAction` is missing
    /Statement/1: `Effect` is missing
    ");
}

#[test]
fn huge_files() {
    let huge_policy = format!(
        r#"{{"Statement":{{"Effect":"Allow","Action":"{}","Resource":"*"}}}}"#,
        "a".repeat(17_000_000)
    );
    let huge_template = format!("Resources:\n{}", "# nothing\n".repeat(500_000));
    let resources: Vec<String> =
        (0..501).map(|index| format!(r#""R{index}":{{"Type":"AWS::IAM::Role"}}"#)).collect();
    let mut said = String::new();
    for (text, name) in [
        (huge_policy, "policy"),
        (huge_template, "template"),
        (" ".repeat(65 * 1024 * 1024), "white space"),
        (format!(r#"{{"Resources":{{{}}}}}"#, resources.join(",")), "many resources"),
    ] {
        let begun = Instant::now();
        said += &named(name, &rolecall_reading(text, &["prove", "-"]).whole());
        assert!(begun.elapsed() < Duration::from_secs(10), "{name}");
    }
    insta::assert_snapshot!(said, @"
    === policy
    exit 2
    -- stderr
    error[E10]: cannot prove standard input: it has more than 16777216 bytes
    === template
    exit 2
    -- stderr
    error[E10]: cannot prove standard input: it has more than 4194304 bytes
    === white space
    exit 2
    -- stderr
    error[E7]: cannot read standard input: it has more than 67108864 bytes
    === many resources
    exit 2
    -- stderr
    error[E10]: cannot prove standard input: the template has more than 500 resources, which is CloudFormation's limit
    ");
}

/// Many statements, and patterns that make naive matchers slow, get an answer.
#[test]
fn large_policies() {
    let statements: Vec<String> = (0..200)
        .map(|index| format!(r#"{{"Effect":"Allow","Action":"lambda:InvokeFunction","Resource":"arn:aws:lambda:us-east-1:123456789012:function:f{index}"}}"#))
        .collect();
    let many = format!(r#"{{"Version":"2012-10-17","Statement":[{}]}}"#, statements.join(","));
    let stars = format!(
        r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Principal":{{"AWS":"765628985471"}},"Action":"sts:AssumeRole","Condition":{{"StringLike":{{"sts:ExternalId":"{}b"}}}}}}}}"#,
        "*a".repeat(200)
    );
    for text in [many, stars] {
        let begun = Instant::now();
        let run = rolecall_reading(text, &["prove", "-"]);
        assert!([0, 4, 5].contains(&run.status), "{run:?}");
        assert!(begun.elapsed() < Duration::from_secs(60), "{:?}", begun.elapsed());
    }
}
