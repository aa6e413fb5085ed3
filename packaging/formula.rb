# typed: strict
# frozen_string_literal: true

class Rolecall < Formula
  desc "{{DESCRIPTION}}"
  homepage "{{HOMEPAGE}}"
  version "{{VERSION}}"
  license any_of: [{{LICENSES}}]

{{PLATFORMS}}

  def install
    bin.install "rolecall"
    man1.install Dir["man/*.1"]
    generate_completions_from_executable(bin/"rolecall", "completions", shells: [:bash, :zsh, :fish])
  end

  test do
    assert_match version.to_s, shell_output("#{bin}/rolecall --version")
    assert_match "every claim about the role is proved", shell_output("#{bin}/rolecall apply --sandbox --yes")
  end
end
