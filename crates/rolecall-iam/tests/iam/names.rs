//! Names and ARNs. Sources: the AWS service models of IAM (2010-05-08), STS (2011-06-15) and Lambda (2015-03-31).

use std::fmt::{Debug, Display};
use std::str::FromStr;

use rolecall_iam::arn::{
    AccountId, Arn, ExternalId, FunctionArn, FunctionName, InvalidName, Partition, PolicyArn, PolicyName,
    Qualifier, QualifierKind, Region, RoleArn, RoleName, RolePath, SessionName,
};

/// Accepts and gives back, also through JSON; refuses with the rule.
fn check<T>(good: &[&str], bad: &[&str])
where
    T: FromStr<Err = InvalidName>
        + Display
        + Debug
        + PartialEq
        + serde::Serialize
        + serde::de::DeserializeOwned,
{
    for text in good {
        let value: T = text.parse().unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(value.to_string(), *text);
        let json = serde_json::to_string(&value).unwrap();
        assert_eq!(json, serde_json::to_string(text).unwrap());
        assert_eq!(serde_json::from_str::<T>(&json).unwrap(), value);
    }
    for text in bad {
        let error = text.parse::<T>().expect_err(text);
        assert!(!error.to_string().contains('\n'), "one line: {error}");
        assert!(serde_json::from_value::<T>((*text).into()).is_err(), "{text}");
    }
}

#[test]
fn single_names() {
    let long = |length: usize| "a".repeat(length);
    check::<AccountId>(
        &["111122223333", "000000000000"],
        &["", "11112222333", "1111222233334", "11112222333a", "１11122223333"],
    );
    check::<Partition>(&["aws", "aws-cn", "aws-us-gov", "aws-iso-b"], &["", "AWS", "aws-", "awscn", "gcp"]);
    check::<Region>(
        &["us-east-1", "eu-central-2", "us-gov-west-1", "us-iso-east-1", "us-isob-east-1", "eusc-de-east-1"],
        &["", "us-east", "us-east-11", "useast-1", "us-west-east-1", "US-EAST-1", "*", "us-gov-gov-west-1"],
    );
    check::<RoleName>(&["a", "A_b+=,.@-9", &long(64)], &["", &long(65), "a b", "a/b", "rôle", "a*", "a\n"]);
    check::<RolePath>(
        &["/", "/a/", "/a/b!~/"],
        &["", "a", "/a", "a/", "//", "/a b/", "/é/", &format!("/{}/", long(511))],
    );
    check::<ExternalId>(
        &["ab", "5f6b2c1e-0000-4000-8000-000000000000", "a_+=,.@:/-", &long(1224)],
        &["", "a", &long(1225), "a b", " ab", "ab\n", "ab*", "ä1", "a#b"],
    );
    check::<PolicyName>(&["a", &long(128)], &["", &long(129), "a b"]);
    check::<SessionName>(&["ab", &long(64)], &["", "a", &long(65), "a b"]);
    check::<FunctionName>(&["a", "a-b_c9", &long(64)], &["", &long(65), "a.b", "a:b", "a*", "a b"]);
    check::<Qualifier>(
        &["$LATEST", "$LATEST.PUBLISHED", "1", "live", "a-b_c", &long(128)],
        &["", "$latest", "a.b", "*", &long(129), "a b"],
    );
    let kind = |text: &str| text.parse::<Qualifier>().unwrap().kind();
    assert_eq!(kind("$LATEST"), QualifierKind::Latest);
    assert_eq!(kind("12"), QualifierKind::Version);
    assert_eq!(kind("v12"), QualifierKind::Alias);
}

#[test]
fn arns() {
    check::<Arn>(
        &[
            "arn:aws:s3:::bucket",
            "arn:aws:lambda:us-east-1:1:function:f:1",
            "arn:aws-cn:iam::111122223333:role/a",
        ],
        &["", "arn", "arn:aws:s3", "arn:aws:s3:::", "arn::s3:::b", "arn:aws::::b", "aws:arn:s3:::b"],
    );
    check::<RoleArn>(
        &["arn:aws:iam::111122223333:role/a", "arn:aws-us-gov:iam::111122223333:role/a/b/c"],
        &[
            "arn:aws:iam::111122223333:user/a",
            "arn:aws:iam:us-east-1:111122223333:role/a",
            "arn:aws:iam::1:role/a",
            "arn:aws:iam::111122223333:role",
            "arn:aws:iam::111122223333:role/",
            "arn:aws:iam::111122223333:rolex/a",
            "arn:aws:sts::111122223333:assumed-role/a/b",
            "arn:aws:iam::111122223333:role/*",
        ],
    );
    check::<PolicyArn>(
        &["arn:aws:iam::111122223333:policy/a", "arn:aws:iam::aws:policy/service-role/AWSLambdaRole"],
        &["arn:aws:iam::111122223333:role/a", "arn:aws:iam::aws:policy/", "arn:aws:iam::x:policy/a"],
    );
    check::<FunctionArn>(
        &[
            "arn:aws:lambda:us-east-1:111122223333:function:f",
            "arn:aws:lambda:us-east-1:111122223333:function:f:live",
            "arn:aws:lambda:us-east-1:111122223333:function:f:$LATEST",
        ],
        &[
            "f",
            "111122223333:function:f",
            "arn:aws:lambda:us-east-1:111122223333:function:f:1:2",
            "arn:aws:lambda:us-east-1:111122223333:layer:f",
            "arn:aws:lambda::111122223333:function:f",
            "arn:aws:lambda:us-east-1:111122223333:function:",
            "arn:aws:lambda:us-east-1:111122223333:function:f:",
            "arn:aws:lambda:us-east-1:111122223333:function:f*",
        ],
    );
    let function: FunctionArn = "arn:aws:lambda:us-east-1:111122223333:function:f:live".parse().unwrap();
    assert_eq!(function.unqualified().to_string(), "arn:aws:lambda:us-east-1:111122223333:function:f");
    assert_eq!(function.unqualified().qualified("live".parse().unwrap()), function);
}

#[test]
fn errors_state_the_rule() {
    let error = "ab\n".parse::<ExternalId>().unwrap_err().to_string();
    assert_eq!(error, "`ab\\n` is not an external ID: must be 2–1224 letters, digits or any of `_+=,.@:/-`");
    let long = "x ".repeat(1_000).parse::<RoleName>().unwrap_err().to_string();
    assert!(long.chars().count() < 200, "{long}");
}
