/** `fettle completion bash|zsh|fish`: the script to source. It asks us for each candidate. */
import type { Command } from 'commander';
import { exitCodes, type CommandModule } from '../command.ts';
import { usageError } from '../session.ts';

const scripts: Readonly<Record<string, string>> = {
  bash: `# fettle completion for bash: eval "$(fettle completion bash)"
_fettle() {
  local IFS=$'\\n'
  COMPREPLY=($("\${COMP_WORDS[0]}" __complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
}
complete -o default -F _fettle fettle ./fettle
`,
  zsh: `#compdef fettle
# fettle completion for zsh: eval "$(fettle completion zsh)"
_fettle() {
  local -a found
  found=("\${(@f)$("\${words[1]}" __complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  compadd -a found
}
compdef _fettle fettle
`,
  fish: `# fettle completion for fish: fettle completion fish | source
function __fettle_complete
  set -l words (commandline -opc) (commandline -ct)
  $words[1] __complete -- $words[2..-1] 2>/dev/null
end
complete -c fettle -f -a '(__fettle_complete)'
`,
};

export const command: CommandModule = {
  define(program: Command) {
    program.argument('<shell>', 'bash, zsh or fish');
  },
  async run(session, input) {
    const shell = input.args[0] ?? '';
    const script = scripts[shell];
    if (script === undefined)
      throw usageError(`${shell} is no shell we know`, 'one of: bash, zsh, fish');
    session.output.print(script);
    return exitCodes.ok;
  },
};
