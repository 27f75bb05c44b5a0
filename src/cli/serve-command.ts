import { existsSync } from 'node:fs';
import { startService } from '../compose.ts';
import { loadConfig } from '../config.ts';
import { releaseMemoryWhenIdle } from '../framework/idle-memory.ts';
import { createLog } from '../framework/log.ts';
import { settings } from '../settings.ts';
import { openDataDirectory } from '../store/data-directory.ts';
import { type Command, untilAborted } from './command.ts';
import { deliveryLog } from './delivery-log.ts';
import { parseFlags } from './parse-flags.ts';

const width = 30;

function settingLines(): string {
  return Object.entries(settings)
    .map(
      ([name, setting]) =>
        `  --${setting.flag}`.padEnd(width) +
        `${name}${'secret' in setting ? ' or …_FILE' : ''}\n${' '.repeat(width)}${setting.description}`,
    )
    .join('\n');
}

export const serveCommand: Command = {
  help: `webhook-service serve [--embedded] [options]

Serves trigger URLs and the receivers API. Each option may also stand in the environment.

  --embedded                  no Rancher 1.6 needed: projects, API keys and receivers are kept in the data folder
${settingLines()}

Examples:
  CATTLE_URL=http://localhost:8080/v1 CATTLE_ACCESS_KEY=… CATTLE_SECRET_KEY=… webhook-service
  webhook-service serve --embedded --data-dir ./data --listen 127.0.0.1:8085
`,
  async run(args, signal) {
    const flags = parseFlags(
      args,
      Object.values(settings).map((setting) => setting.flag),
      ['embedded'],
    );
    const config = loadConfig(process.env, flags);
    const log = createLog();
    let directory: string | undefined;
    const dataDirectory = (): string => (directory ??= openDataDirectory(config.dataDir, process.env));
    const service = await startService({
      config,
      listenOption: '--listen HOST:PORT (WEBHOOK_LISTEN)',
      log,
      observer: deliveryLog(log),
      dataDirectory,
    });
    const stopReleasing = releaseMemoryWhenIdle();
    if (config.auth === 'none')
      log.warn('WEBHOOK_AUTH=none: whoever reaches this port may manage the receivers of every project');
    for (const file of (config.kubeconfig ?? '').split(':').filter((name) => name !== '' && !existsSync(name)))
      log.warn('the kubeconfig does not exist, and deliveries to Kubernetes wait for it', { file });
    log.info('listening', { url: service.url, auth: config.auth, urlStyle: config.urlStyle });
    if (service.embedded?.adminKeyFile)
      log.info('the API key of the first project is kept in a file', { file: service.embedded.adminKeyFile });
    await untilAborted(signal);
    stopReleasing();
    log.info('stopping');
    await service.stop();
    return 0;
  },
};
