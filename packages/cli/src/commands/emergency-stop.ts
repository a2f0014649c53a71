/** `fettle emergency-stop`: nothing acts any more; what is under way is taken back. */
import type { CommandModule } from '../command.ts';
import { tellLoop } from '../healing-word.ts';

export const command: CommandModule = {
  define() {
    // Takes no words and no flags of its own.
  },
  run(session) {
    const tell = () => session.client.healing.control('emergency-stop');
    const said = 'healing is stopped; what dies is still restarted. Again: fettle resume';
    return tellLoop(session, tell, said);
  },
};
