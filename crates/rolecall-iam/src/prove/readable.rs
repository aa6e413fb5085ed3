//! Shapes of actions and resources, and examples of them that a reader recognises.

use super::actions::ACTIONS;
use super::rule::Cover;
use super::variable::specimen;
use crate::arn::FunctionArn;
use crate::document::Statement;
use crate::pattern::{CharacterSet, Pattern, Token};

/// An action in lower case as AWS or the statement writes it.
pub(super) fn action(lower_case: &str, statement: &Statement) -> String {
    let written = statement.action.values.iter().map(|value| value.raw());
    let known = ACTIONS.iter().map(|(name, _)| *name).chain(["lambda:InvokeFunction"]);
    known.chain(written).find(|name| name.eq_ignore_ascii_case(lower_case)).unwrap_or(lower_case).to_owned()
}

/// Resources that an element's wildcards may stand for.
pub(super) fn specimens(resources: &Cover) -> impl Iterator<Item = String> {
    resources.wild.iter().map(|element| specimen(&element.possible))
}

/// `service:name` in lower case.
pub(crate) fn action_shape() -> Pattern {
    let mut shape = Pattern::from_tokens([Token::One(CharacterSet::Label), Token::Run(CharacterSet::Label)]);
    shape.push(Token::Character(':'));
    shape.push(Token::One(CharacterSet::FunctionName));
    shape.push(Token::Run(CharacterSet::FunctionName));
    shape
}

/// Any ARN: the region and the account can be empty.
pub(crate) fn arn_shape() -> Pattern {
    let part = CharacterSet::WithinArnPart;
    let mut shape = Pattern::literal("arn:");
    for least in [1, 1, 0, 0] {
        (0..least).for_each(|_| shape.push(Token::One(part)));
        shape.push(Token::Run(part));
        shape.push(Token::Character(':'));
    }
    shape.push(Token::One(CharacterSet::Any));
    shape.push(Token::Run(CharacterSet::Any));
    shape
}

/// Functions that a session must not invoke, those first that are closest to a target.
pub(crate) fn functions(target: Option<&str>) -> Vec<String> {
    let example = "arn:aws:lambda:us-east-1:111122223333:function:example";
    let mut found = Vec::new();
    if let Ok(function) = target.unwrap_or(example).parse::<FunctionArn>() {
        let FunctionArn { partition, region, account, name, qualifier } = &function;
        let plain = |region: &str, account: &str, name: &str| {
            format!("arn:{partition}:lambda:{region}:{account}:function:{name}")
        };
        let (region, account, name) = (region.as_str(), account.as_str(), name.as_str());
        let unqualified = plain(region, account, name);
        if qualifier.is_some() {
            found.push(unqualified.clone());
        }
        found.extend(["prod", "1", "$LATEST"].map(|qualifier| format!("{unqualified}:{qualifier}")));
        found.push(plain(region, account, &format!("{name}-other")));
        found.push(plain(region, account, "another-function"));
        found.push(format!("{}:prod", plain(region, account, "another-function")));
        let elsewhere = if region == "eu-central-1" { "us-east-1" } else { "eu-central-1" };
        found.push(plain(elsewhere, account, name));
        found.push(plain(region, "999999999999", name));
    }
    found
}
