//! Identity policies and boundaries, around the targets and beyond them.

use serde_json::{Value, json};

use super::super::super::support::{FUNCTION, QUALIFIED};
use super::Maker;

impl Maker<'_> {
    fn action_pattern(&mut self) -> String {
        let usual = [
            "lambda:InvokeFunction",
            "lambda:InvokeFunction",
            "LAMBDA:invokefunction",
            "lambda:Invoke*",
            "lambda:*",
            "*",
            "l*:InvokeFunction",
            "lambda*",
            "lambda:*Function",
            "lambda:Invoke?unction",
            "**",
            "?*:*",
            "lambda:InvokeF*n",
            "iam:Pass*",
            "s3:Get*",
            "s3:GetObject",
            "iam:*Role*",
            "lambda:invokeother",
            "lambda:InvokeFunctionUrl",
        ];
        self.own_or(&self.constants.actions, &usual)
    }

    fn resource_pattern(&mut self) -> String {
        let usual = [
            FUNCTION,
            QUALIFIED,
            "*",
            "arn:aws:lambda:us-east-1:111122223333:function:*",
            "arn:aws:lambda:*:111122223333:function:orders",
            "arn:aws:lambda:us-east-1:111122223333:function:orders:*",
            "arn:aws:lambda:us-east-1:111122223333:function:order?",
            "arn:aws:lambda:us-east-1:*:live",
            "arn:aws:lambda:us-east-1:*:orders",
            "arn:*:orders",
            "arn:aws:lambda:*",
            "arn:aws:*:us-east-1:111122223333:function:stock:live",
            "arn:aws:lambda:us-east-1:${aws:PrincipalAccount}:function:orders",
            "arn:aws:lambda:us-east-1:111122223333:function:${aws:PrincipalTag/team}",
            "arn:aws:lambda:us-east-1:111122223333:function:${aws:PrincipalTag/team, 'orders'}",
            "arn:aws:lambda:us-east-1:111122223333:function:${aws:userid}",
            "arn:aws:lambda:us-east-1:111122223333:function:${aws:username}",
            "arn:aws:lambda:us-east-1:111122223333:function:${*}",
            "arn:aws:iam::111122223333:role/*",
            "arn:aws:s3:::*",
            "arn:aws:s3:::bucket/${aws:username}/*",
            "*:function:orders",
            "arn:aws:lambda:us-east-1:111122223333:FUNCTION:orders",
            "*orders",
        ];
        self.own_or(&self.constants.arns, &usual)
    }

    fn permission_statement(&mut self, effect: &str) -> Value {
        let mut statement = json!({"Effect": effect});
        let element = if self.dice.one_in(7) { "NotAction" } else { "Action" };
        let actions: Vec<String> = (0..=self.dice.roll(2)).map(|_| self.action_pattern()).collect();
        statement[element] = if effect == "Allow" && self.dice.one_in(2) {
            json!("lambda:InvokeFunction")
        } else {
            json!(actions)
        };
        let element = if self.dice.one_in(7) { "NotResource" } else { "Resource" };
        let resources: Vec<String> = (0..=self.dice.roll(2)).map(|_| self.resource_pattern()).collect();
        statement[element] =
            if self.dice.one_in(3) { json!([FUNCTION, QUALIFIED]) } else { json!(resources) };
        if self.dice.one_in(2) {
            let mut block = json!({});
            for _ in 0..=self.dice.roll(2) {
                self.condition(&mut block);
            }
            statement["Condition"] = block;
        }
        statement
    }

    /// Permissions: what the targets need, and more.
    pub(in super::super) fn permissions(&mut self) -> Value {
        let clean =
            json!({"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": [FUNCTION, QUALIFIED]});
        let mut statements = if self.dice.one_in(6) { Vec::new() } else { vec![clean.clone()] };
        for _ in 0..=self.dice.roll(2) {
            statements.push(self.permission_statement("Allow"));
        }
        for _ in 0..self.dice.roll(4) {
            statements.push(self.permission_statement("Deny"));
        }
        let boundary: Value = match self.dice.roll(4) {
            0 => json!([clean]),
            1 => json!([self.permission_statement("Allow"), clean, self.permission_statement("Deny"),]),
            _ => Value::Null,
        };
        let whole = |statements: Value| json!({"Version": "2012-10-17", "Statement": statements});
        let mut found = json!({"identity": whole(json!(statements))});
        if !boundary.is_null() {
            found["boundary"] = whole(boundary);
        }
        found
    }
}
