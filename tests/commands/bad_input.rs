//! What `prove` says to files that are broken, hostile or something else, and that it says so in bounded time.

use std::time::{Duration, Instant};

use super::{rolecall, rolecall_reading};

#[test]
fn broken_and_foreign_files() {
    let deep_json = "[".repeat(100_000);
    let deep_yaml = format!("Resources: {}", "[".repeat(100_000));
    let deep_blocks: String = (0..400).map(|level| format!("{}a:\n", " ".repeat(level))).collect();
    let wide = format!(r#"{{"Statement":[{}]}}"#, vec!["{}"; 5_000].join(","));
    let aliases = "a: &a [x]\nResources: *a\n";
    let bomb = "a: &a [x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b]\n";
    let rows: Vec<(&[u8], &str)> = vec![
        (b"", "cannot prove standard input: it is empty"),
        (b" \n\t", "it is empty"),
        (b"{", "not JSON: EOF while parsing an object at line 1 column 1"),
        (b"{\"Statement\": [}", "/Statement/0: not JSON"),
        (b"\xff\xfe{\0}\0", "it is UTF-16; save it as UTF-8"),
        (b"{\"a\": \"\xc3\x28\"}", "it is not UTF-8: byte 7 cannot be read"),
        (br#"{"Statement":[],"Statement":[]}"#, "/Statement: the key `Statement` is given twice"),
        (
            br#"{"Version":"2012-10-17"}"#,
            "unknown kind of file; expected one of: a policy document, the output of `terraform show -json`",
        ),
        (
            br#"{"Statement":{"Effect":"Deny"}}"#,
            "not a policy document: /Statement: `Action` or `NotAction` is missing",
        ),
        (br#"{"Version":"2012-10-18","Statement":[]}"#, "/Version: "),
        (br#"[{"name":"x","request":{}}]"#, "it is a file of cases, which `rolecall simulate` runs"),
        (b"[]", "unknown kind of file; expected one of"),
        (b"\"text\"", "unknown kind of file; expected one of"),
        (b"just text", "unknown kind of file; expected one of"),
        (b"a: b: c", "line 1, column"),
        (b"Resources:\n  A: 1\n  A: 2\n", "/Resources/A: line 3, column 3: the key `A` is given twice"),
        (b"a: 1\n---\nb: 2\n", "line 2, column 1: a second YAML document starts here"),
        (b"Resources: !!binary aGk=\n", "the tag `!!binary` is not supported"),
        (b"Resources:\n  <<: {a: 1}\n", "a merged mapping (`<<`), which CloudFormation does not support"),
        (b"Resources: {}\n", "the CloudFormation template contains no role"),
        (br#"{"Role":{}}"#, ""),
        (br#"{"RoleDetailList":[]}"#, "the account description contains no role"),
        (aliases.as_bytes(), "an alias (`*name`), which CloudFormation does not support"),
        (bomb.as_bytes(), "line 2, column 8: an alias"),
        (deep_json.as_bytes(), "not JSON: recursion limit exceeded"),
        (deep_yaml.as_bytes(), "line 1, column"),
        (deep_blocks.as_bytes(), "line 128, column"),
        (wide.as_bytes(), "/Statement/0: "),
    ];
    for (bytes, words) in rows {
        let begun = Instant::now();
        let run = rolecall_reading(bytes, &["prove", "-"]);
        let status = if words.is_empty() { 5 } else { 2 };
        run.expect(status).says(words);
        assert!(begun.elapsed() < Duration::from_secs(10), "{words}");
    }
    rolecall_reading(b"\xef\xbb\xbf{\"Statement\":[]}", &["prove", "-"])
        .expect(4)
        .says("IAM rejects this document: a policy needs at least one statement");
    rolecall(&["prove", "pitfalls"]).expect(2).says("cannot read `pitfalls`: ");
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
    for (text, words) in [
        (huge_policy, "it has more than 16777216 bytes"),
        (huge_template, "it has more than 4194304 bytes"),
        (" ".repeat(65 * 1024 * 1024), "it has more than 67108864 bytes"),
        (
            format!(r#"{{"Resources":{{{}}}}}"#, resources.join(",")),
            "more than 500 resources, which is CloudFormation's limit",
        ),
    ] {
        let begun = Instant::now();
        rolecall_reading(text, &["prove", "-"]).expect(2).says(words);
        assert!(begun.elapsed() < Duration::from_secs(10), "{words}");
    }
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
