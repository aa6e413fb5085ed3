//! The probe port on the SDK. Session credentials stay inside this file's [`ProbeSession`], whose parts never print.

use aws_credential_types::Credentials;
use aws_sdk_lambda::types::InvocationType;

use super::Aws;
use crate::iam::arn::FunctionArn;
use crate::ports::{AssumeRoleProbe, AwsError, AwsErrorKind, AwsResult, Probe, ProbeAnswer};

/// `sts:RoleSessionName` of every probe, so that CloudTrail shows who knocked.
const SESSION_NAME: &str = "rolecall-probe";

/// A session that a probe obtained. The SDK's credentials type redacts itself.
#[derive(Debug)]
pub struct ProbeSession(Credentials);

impl Probe for Aws {
    type Session = ProbeSession;

    async fn assume_role(&self, probe: &AssumeRoleProbe) -> AwsResult<ProbeAnswer<ProbeSession>> {
        const OPERATION: &str = "sts:AssumeRole";
        let call = self
            .sts
            .assume_role()
            .role_arn(probe.role.to_string())
            .role_session_name(SESSION_NAME)
            .set_external_id(probe.external_id.as_ref().map(ToString::to_string))
            .duration_seconds(i32::try_from(probe.duration.as_secs()).unwrap_or(i32::MAX))
            .policy(&probe.session_policy);
        let answer = match self.patiently(OPERATION, || call.clone().send()).await {
            Ok(answer) => answer,
            Err(error) if error.kind == AwsErrorKind::AccessDenied => {
                return Ok(ProbeAnswer::Denied(error.message));
            }
            Err(error) => return Err(error),
        };
        let keys = answer.credentials().ok_or_else(|| AwsError {
            operation: OPERATION,
            kind: AwsErrorKind::Other,
            code: None,
            message: "unexpected answer: no credentials".to_owned(),
            request_id: None,
        })?;
        Ok(ProbeAnswer::Allowed(ProbeSession(Credentials::new(
            keys.access_key_id(),
            keys.secret_access_key(),
            Some(keys.session_token().to_owned()),
            None,
            "rolecall-probe",
        ))))
    }

    async fn invoke_dry_run(
        &self,
        session: &ProbeSession,
        function: &FunctionArn,
    ) -> AwsResult<ProbeAnswer<()>> {
        const OPERATION: &str = "lambda:InvokeFunction";
        let _place = self.lambda_in_flight.acquire().await;
        let config = aws_sdk_lambda::config::Builder::new().credentials_provider(session.0.clone());
        let call = self.lambda(&function.region).invoke().function_name(function.unqualified().to_string());
        let call = call.set_qualifier(function.qualifier.as_ref().map(ToString::to_string));
        let call = call.invocation_type(InvocationType::DryRun);
        let as_session = || call.clone().customize().config_override(config.clone()).send();
        match self.patiently(OPERATION, as_session).await {
            Ok(_) => Ok(ProbeAnswer::Allowed(())),
            Err(error) if error.kind == AwsErrorKind::AccessDenied => Ok(ProbeAnswer::Denied(error.message)),
            Err(error) => Err(error),
        }
    }
}
