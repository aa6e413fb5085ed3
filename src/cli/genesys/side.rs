//! Genesys Cloud alone, for the commands whose subject is there. AWS is asked for one thing only: the account of the role, where
//! neither the manifest nor an option says it.

use std::rc::Rc;

use rolecall::aws::Aws;
use rolecall::connect::{Connected, Loaded, Services, Surroundings, check_role, open_genesys, stated_role};
use rolecall::failure::{CommandError, CommandResult};
use rolecall::iam::arn::RoleArn;
use rolecall::manifest::Manifest;
use rolecall::observe::survey::{SurveyError, check_account, home};
use rolecall::operations::{self, Counterpart, PlanningError, Unasked};
use rolecall::ports::call::Call;
use rolecall::ports::{AwsErrorKind, Read as _};
use rolecall::sandbox::Sandbox;
use rolecall_genesys::client::Client;

use crate::cli::calls::{list, list_genesys_calls};
use crate::cli::context::{load_manifest, route, sandbox_state, start_sandbox, surroundings};
use crate::cli::options::AwsOptions;
use crate::cli::printer::Printer;

/// What such a command works with.
pub(crate) struct Side<'o> {
    pub(crate) context: operations::Context<Unasked, Client>,
    /// The manifest's role.
    pub(crate) role: RoleArn,
    loaded: Loaded,
    options: &'o AwsOptions,
    surroundings: Surroundings,
    /// What was sent to AWS, where something was.
    aws_calls: Vec<Call>,
    sandbox: Option<Rc<Sandbox>>,
}

impl<'o> Side<'o> {
    /// Reads the files and prepares the client. `stated` is the role that the user names.
    pub(crate) async fn open(
        options: &'o AwsOptions,
        stated: Option<&RoleArn>,
        printer: &mut Printer,
    ) -> CommandResult<Self> {
        printer.show_calls(options.common.verbose > 0);
        let loaded = load_manifest(&options.common, options.sandbox, printer)?;
        let manifest = &loaded.manifest;
        stated.map(|role| check_role(role, manifest)).transpose()?;
        let surroundings = surroundings(options, Services::Always)?;
        let mut sandbox = None;
        if options.sandbox {
            let state = sandbox_state(options.common.file(), &[manifest], printer)?;
            sandbox = Some(Rc::new(start_sandbox(options.common.file(), || state)?));
        }
        let route = route(options, manifest, sandbox.as_deref(), &surroundings.clients)?;
        let context = open_genesys(manifest.clone(), route.genesys, &route.settings, &surroundings).await?;
        let mut aws_calls = Vec::new();
        let role = match stated.cloned().or_else(|| stated_role(manifest)) {
            Some(role) => role,
            None => {
                let aws = Aws::connect(&route.settings).await?;
                let role = role_of_caller(manifest, &aws, WITHOUT_AWS).await;
                aws_calls = aws.calls().so_far();
                role?
            }
        };
        Ok(Self { context, role, loaded, options, surroundings, aws_calls, sandbox })
    }

    /// Genesys Cloud, and what the files of the manifest say about it.
    pub(crate) fn counterpart(&self) -> Result<&Counterpart<Client>, PlanningError> {
        self.context.genesys.as_ref().ok_or(PlanningError::NothingInGenesys)
    }

    /// Both services, for what only both can say.
    pub(crate) async fn connect(&self, printer: &mut Printer) -> CommandResult<Connected> {
        let Self { loaded, options, surroundings, sandbox, .. } = self;
        let route = route(options, &loaded.manifest, sandbox.as_deref(), &surroundings.clients)?;
        let warn = &mut |warning: &str| printer.warning(warning);
        Ok(Connected::open(loaded.clone(), route, surroundings, warn).await?)
    }

    /// With `-v`: every request, and what came back.
    pub(crate) fn list_calls(&self, more: &[Call], printer: &mut Printer) {
        let calls: Vec<Call> = self.aws_calls.iter().chain(more).cloned().collect();
        if !calls.is_empty() {
            list(&calls, "AWS", printer);
        }
        if let Some(Counterpart { client, .. }) = &self.context.genesys {
            list_genesys_calls(client, printer);
        }
    }
}

/// What to do without credentials for AWS.
const WITHOUT_AWS: &str = "without credentials for AWS, name the role: --role-arn ARN, or `account` in [aws] of the manifest (whoever \
                           has AWS writes both into the file of `rolecall handover write`)";

/// The manifest's role in the account of the credentials at hand. Where there are none, the hint is the caller's.
pub(crate) async fn role_of_caller(
    manifest: &Manifest,
    aws: &Aws,
    without_aws: &str,
) -> CommandResult<RoleArn> {
    let caller = aws.caller().await.map_err(|error| {
        let is_absent = error.kind == AwsErrorKind::NoCredentials;
        let error = CommandError::from(error);
        let hint = if is_absent { Some(without_aws.to_owned()) } else { error.hint };
        CommandError { hint, ..error }
    })?;
    check_account(&manifest.access, &caller).map_err(SurveyError::from)?;
    Ok(home(&caller)?.role_arn(&manifest.role.name, &manifest.role.path))
}
