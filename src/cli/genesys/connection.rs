//! The way to Genesys Cloud of a command that may work without a manifest.

use rolecall::aws::Aws;
use rolecall::connect::{Loaded, connect};
use rolecall::error_code::ErrorCode;
use rolecall::failure::CommandResult;
use rolecall::manifest::Manifest;
use rolecall::sandbox::Sandbox;
use rolecall_genesys::client::Client;

use crate::cli::context::{connect_to_sandbox, load_manifest, sandbox_state, settings, start_sandbox};
use crate::cli::options::AwsOptions;
use crate::cli::printer::Printer;

/// What such a command works with.
pub(crate) struct Connection {
    pub(crate) manifest: Option<Manifest>,
    pub(crate) aws: Aws,
    pub(crate) client: Client,
    /// Serves while it lives.
    _sandbox: Option<Sandbox>,
}

impl Connection {
    /// Reads the manifest, where there is one, and prepares the clients; contacts nobody.
    pub(crate) async fn open(options: &AwsOptions, printer: &mut Printer) -> CommandResult<Self> {
        printer.show_calls(options.common.verbose > 0);
        let manifest = match load_manifest(&options.common, options.sandbox, printer) {
            Ok(Loaded { manifest, .. }) => Some(manifest),
            Err(error) if error.code == ErrorCode::ManifestMissing && options.common.files.is_empty() => None,
            Err(error) => return Err(error),
        };
        let mut sandbox = None;
        if let (true, Some(manifest)) = (options.sandbox, &manifest) {
            let state = sandbox_state(options.common.file(), &[manifest], printer)?;
            sandbox = Some(start_sandbox(options.common.file(), || state)?);
        }
        let access = manifest.as_ref().map(|manifest| manifest.access.clone()).unwrap_or_default();
        let aws = Aws::connect(&settings(options, &access, sandbox.as_ref())).await?;
        let client = match &sandbox {
            Some(sandbox) => connect_to_sandbox(sandbox, options.longest_wait())?,
            None => connect(manifest.as_ref(), &aws, options.longest_wait())?,
        };
        Ok(Self { manifest, aws, client, _sandbox: sandbox })
    }
}
