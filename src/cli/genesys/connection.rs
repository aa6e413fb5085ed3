//! The way to Genesys Cloud of a command that may work without a manifest, and without AWS.

use rolecall::aws::{Aws, AwsSettings, SettingsError};
use rolecall::connect::{Loaded, connect, connect_from_environment};
use rolecall::error_code::ErrorCode;
use rolecall::failure::CommandResult;
use rolecall::manifest::Manifest;
use rolecall::ports::call::Call;
use rolecall::sandbox::Sandbox;
use rolecall_genesys::client::Client;
use tokio::sync::OnceCell;

use crate::cli::calls::{list, list_genesys_calls};
use crate::cli::context::{connect_to_sandbox, load_manifest, sandbox_state, settings, start_sandbox};
use crate::cli::options::AwsOptions;
use crate::cli::printer::Printer;

/// What such a command works with.
pub(crate) struct Connection {
    pub(crate) manifest: Option<Manifest>,
    pub(crate) client: Client,
    /// How AWS is reached, if something needs it.
    settings: AwsSettings,
    aws: OnceCell<Aws>,
    /// Serves while it lives.
    _sandbox: Option<Sandbox>,
}

impl Connection {
    /// Reads the manifest, where there is one, and prepares the client; contacts nobody. AWS's configuration is read only where the
    /// manifest names a secret of AWS.
    pub(crate) async fn open(options: &AwsOptions, printer: &mut Printer) -> CommandResult<Self> {
        printer.show_calls(options.common.verbose > 0);
        let manifest = match load_manifest(&options.common, options.sandbox, printer) {
            Ok(Loaded { manifest, .. }) => Some(manifest),
            Err(error) if error.code == ErrorCode::ManifestMissing && options.common.files.is_empty() => None,
            Err(error) => return Err(error),
        };
        let party = manifest.as_ref().map(Manifest::require_genesys).transpose()?;
        let mut sandbox = None;
        if let (true, Some(manifest)) = (options.sandbox, &manifest) {
            let state = sandbox_state(options.common.file(), &[manifest], printer)?;
            sandbox = Some(start_sandbox(options.common.file(), || state)?);
        }
        let access = manifest.as_ref().map(|manifest| manifest.access.clone()).unwrap_or_default();
        let settings = settings(options, &access, sandbox.as_ref());
        let (aws, deadline) = (OnceCell::new(), options.longest_wait());
        let secret = party.filter(|party| party.credentials.is_some());
        let client = match (&sandbox, secret) {
            (Some(sandbox), _) => connect_to_sandbox(sandbox, deadline)?,
            (None, Some(party)) => {
                let aws = aws.get_or_try_init(|| Aws::connect(&settings)).await?;
                connect(Some(party), aws, deadline)?
            }
            (None, None) => connect_from_environment(party.map(|party| party.region), deadline)?,
        };
        Ok(Self { manifest, client, settings, aws, _sandbox: sandbox })
    }

    /// AWS, for what only AWS can say.
    pub(crate) async fn aws(&self) -> Result<&Aws, SettingsError> {
        self.aws.get_or_try_init(|| Aws::connect(&self.settings)).await
    }

    /// With `-v`: every request, and what came back.
    pub(crate) fn list_calls(&self, printer: &mut Printer) {
        if self.aws.get().is_some() {
            list(&self.aws_calls(), "AWS", printer);
        }
        list_genesys_calls(&self.client, printer);
    }

    /// What was sent to AWS, where something needed it.
    pub(crate) fn aws_calls(&self) -> Vec<Call> {
        self.aws.get().map(|aws| aws.calls().so_far()).unwrap_or_default()
    }
}
