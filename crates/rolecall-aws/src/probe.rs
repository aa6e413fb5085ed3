//! The probe port on the SDK. Session credentials stay inside this file's [`ProbeSession`], whose parts never print.

use aws_credential_types::Credentials;
use aws_sdk_iam::operation::RequestId;
use aws_sdk_lambda::types::InvocationType;
use jiff::Timestamp;

use super::Aws;
use super::error::unexpected;
use rolecall_model::ports::{
    AssumeRoleProbe, AwsError, AwsErrorKind, AwsResult, CallerIdentity, PROBE_SESSION, Probe, ProbeAnswer,
    Probed, Trial,
};

/// A session that a probe obtained. The SDK's credentials type redacts itself.
#[derive(Debug)]
pub struct ProbeSession {
    credentials: Credentials,
    arn: String,
}

impl Probe for Aws {
    type Session = ProbeSession;

    fn principal(session: &ProbeSession) -> &str {
        &session.arn
    }

    async fn assume_role(&self, probe: &AssumeRoleProbe) -> AwsResult<Probed<ProbeSession>> {
        const OPERATION: &str = "sts:AssumeRole";
        let call = self
            .sts
            .assume_role()
            .role_arn(probe.role.to_string())
            .role_session_name(PROBE_SESSION)
            .set_external_id(probe.external_id.as_ref().map(ToString::to_string))
            .duration_seconds(i32::try_from(probe.duration.as_secs()).unwrap_or(i32::MAX))
            .policy(&probe.session_policy);
        let answer = self.patiently(OPERATION, || call.clone().send()).await;
        probed(answer, |answer| {
            let keys = answer.credentials().ok_or_else(|| unexpected(OPERATION, &"no credentials"))?;
            let user = answer.assumed_role_user().ok_or_else(|| unexpected(OPERATION, &"no session"))?;
            let token = Some(keys.session_token().to_owned());
            let (id, secret) = (keys.access_key_id(), keys.secret_access_key());
            let credentials = Credentials::new(id, secret, token, None, PROBE_SESSION);
            Ok(ProbeSession { credentials, arn: user.arn().to_owned() })
        })
    }

    async fn session_identity(&self, session: &ProbeSession) -> AwsResult<Probed<CallerIdentity>> {
        const OPERATION: &str = "sts:GetCallerIdentity";
        let config = aws_sdk_sts::config::Builder::new().credentials_provider(session.credentials.clone());
        let call = self.sts.get_caller_identity();
        let send = || call.clone().customize().config_override(config.clone()).send();
        probed(self.patiently(OPERATION, send).await, |answer| {
            let account = answer.account().unwrap_or_default().parse();
            let account = account.map_err(|_| unexpected(OPERATION, &"no account"))?;
            Ok(CallerIdentity { account, arn: answer.arn().unwrap_or_default().to_owned() })
        })
    }

    async fn attempt(&self, session: &ProbeSession, trial: &Trial) -> AwsResult<Probed<()>> {
        let operation = trial.action();
        let credentials = &session.credentials;
        let iam = aws_sdk_iam::config::Builder::new().credentials_provider(credentials.clone());
        let lambda = aws_sdk_lambda::config::Builder::new().credentials_provider(credentials.clone());
        let answer = match trial {
            Trial::Invoke(function) => {
                let _place = self.limits.lambda_in_flight.acquire().await;
                // The qualifier goes with the name: Lambda takes "a version number or alias" at the end of each form of
                // `FunctionName` (Lambda API Reference, Invoke).
                let call = self.lambda(&function.region).invoke().function_name(function.to_string());
                let call = call.invocation_type(InvocationType::DryRun);
                let send = || call.clone().customize().config_override(lambda.clone()).send();
                probed(self.patiently(operation, send).await, |_| Ok(()))
            }
            Trial::ReadFunction(function) => {
                self.turn(&self.limits.lambda_control_plane).await;
                let _place = self.limits.lambda_in_flight.acquire().await;
                let call = self.lambda(&function.region).get_function_configuration();
                let call = call.function_name(function.to_string());
                let send = || call.clone().customize().config_override(lambda.clone()).send();
                probed(self.patiently(operation, send).await, |_| Ok(()))
            }
            Trial::ListFunctions(region) => {
                self.turn(&self.limits.lambda_control_plane).await;
                let _place = self.limits.lambda_in_flight.acquire().await;
                let call = self.lambda(region).list_functions().max_items(1);
                let send = || call.clone().customize().config_override(lambda.clone()).send();
                probed(self.patiently(operation, send).await, |_| Ok(()))
            }
            Trial::ReadRole(role) => {
                let call = self.iam.get_role().role_name(role.name.as_str());
                let send = || call.clone().customize().config_override(iam.clone()).send();
                probed(self.patiently(operation, send).await, |_| Ok(()))
            }
            Trial::ListRoles => {
                let call = self.iam.list_roles().max_items(1);
                let send = || call.clone().customize().config_override(iam.clone()).send();
                probed(self.patiently(operation, send).await, |_| Ok(()))
            }
        };
        match answer {
            // A service says that something does not exist only to a caller that it has let through.
            Err(AwsError { kind: AwsErrorKind::NotFound, request_id, .. }) => {
                Ok(Probed { answer: ProbeAnswer::Allowed(()), request_id, at: Timestamp::now() })
            }
            answer => answer,
        }
    }
}

/// An answer of the SDK as an answer to a probe.
fn probed<A: RequestId, T>(
    answer: AwsResult<A>,
    read: impl FnOnce(A) -> AwsResult<T>,
) -> AwsResult<Probed<T>> {
    let at = Timestamp::now();
    match answer {
        Ok(answer) => {
            let request_id = answer.request_id().map(str::to_owned);
            Ok(Probed { answer: ProbeAnswer::Allowed(read(answer)?), request_id, at })
        }
        Err(AwsError { kind: AwsErrorKind::AccessDenied, message, request_id, .. }) => {
            Ok(Probed { answer: ProbeAnswer::Denied(message), request_id, at })
        }
        Err(error) => Err(error),
    }
}
