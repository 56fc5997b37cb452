import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { parse, parseAllDocuments } from 'yaml';
import { loadConfig } from '../../server/config.ts';
import { KEEP_ALIVE_MS } from '../../server/util/http-server.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
const read = (file: string) => readFileSync(path.join(ROOT, file), 'utf8');

/** Every variable of the table in config.ts. */
const VARIABLES = new Set([...read('server/config.ts').matchAll(/^ {2}([A-Z][A-Z_]+): /gm)].map(([, name = '']) => name));
/** The entries that `npm run build` makes, and what they come from. */
const ENTRIES: Record<string, string> = {
  'dist/server/main.js': 'server/main.ts',
  'dist/server/worker.js': 'server/worker.ts',
  'dist/server/audit/migrate-cli.js': 'server/audit/migrate-cli.ts',
};
const DEFAULT_TIMEOUT_MS = loadConfig({ REDIS_URL: 'redis://x', AUDIT_WORKER: 'none' }).SHUTDOWN_TIMEOUT_MS;

type Env = Record<string, string>;

/**
 * Whoever reaches a deployment that is put up as the files say must have a token, finds no metrics, and can't take
 * everything.
 */
function checkAccessSettings(what: string, env: Env): void {
  expect(env['AUTH_MODE'], what).to.match(/^jwt$|:-jwt\}$/);
  expect(env['OPERATOR_PORT'], what)
    .to.not.equal(undefined)
    .and.not.equal(env['PORT'] ?? '3000');
  for (const name of ['LIMIT_CONNECTIONS_PER_ADDRESS', 'LIMIT_SOCKETS_PER_SESSION', 'LIMIT_SESSIONS_PER_OWNER']) {
    expect(Number(env[name]), `${what}: ${name}`).to.be.within(1, 10_000);
  }
  for (const [name, value] of Object.entries(env)) {
    if (/SECRET|PASSWORD/.test(name)) expect(value, `${what}: ${name}`).to.match(/^\$\{/);
  }
}

/** What a process is told must be variables that there are, with values that the server takes. */
function checkEnvironment(what: string, env: Env): void {
  for (const name of Object.keys(env)) expect(VARIABLES.has(name), `${what}: ${name}`).to.equal(true);
  // What is secret comes from the platform, not from a file.
  const needed = { REDIS_URL: 'redis://x', DATABASE_URL: 'postgresql://x/x', JWT_SECRET: 'x'.repeat(32) };
  const plain = Object.fromEntries(Object.entries(env).filter(([, value]) => !value.includes('${')));
  expect(() => loadConfig({ ...needed, ...plain }), what).not.to.throw();
}

function checkCommand(what: string, command: string): void {
  const [, script = ''] = /^node (\S+)$/.exec(command) ?? [];
  expect(ENTRIES[script], `${what}: ${command}`).to.be.a('string');
  expect(() => read(ENTRIES[script] ?? ''), what).not.to.throw();
}

describe('deployment files', () => {
  it('M-42 a build has all files that the server reads beside its code', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    const beside = readdirSync(path.join(ROOT, 'server'), { recursive: true, encoding: 'utf8', withFileTypes: true })
      .filter((entry) => entry.isFile() && path.extname(entry.name) !== '.ts')
      .map((entry) => `${path.relative(ROOT, entry.parentPath)}/*${path.extname(entry.name)}`);
    expect(new Set(beside)).to.deep.equal(new Set(['server/store/*.js', 'server/store/scripts/*.lua']));
    for (const files of beside) expect(scripts['build:server']).to.contain(`cp ${files} dist/${path.dirname(files)}/`);
  });

  it('M-30 the variables that OPERATIONS.md documents are those that config.ts reads', () => {
    const [, table = ''] = /\n## Variables\n(.*?)\n## /s.exec(read('docs/OPERATIONS.md')) ?? [];
    const names = [...table.matchAll(/^\|([^|]+)\|/gm)].flatMap(([, cell = '']) =>
      [...cell.matchAll(/`([A-Z][A-Z_]+)`/g)].map(([, name = '']) => name),
    );
    expect(names.toSorted()).to.deep.equal([...VARIABLES].toSorted());
  });

  it('M-31 the compose file uses only variables, commands, ports and paths that exist, and gives a shutdown enough time', () => {
    interface Service {
      environment?: Env;
      command?: string[];
      image?: string;
      build?: string;
      stop_grace_period?: string;
    }
    const { services } = parse(read('docker-compose.yml'), { merge: true }) as { services: Record<string, Service> };
    const own = Object.entries(services).filter(([, { image }]) => image === 'synckairos');
    expect(own.map(([name]) => name)).to.include.members(['instance-1', 'instance-2', 'worker', 'migrate']);
    for (const [name, { environment = {}, command, stop_grace_period }] of own) {
      checkEnvironment(name, environment);
      if (command !== undefined) checkCommand(name, command.join(' '));
      if (name === 'migrate') continue;
      const timeout = Number(environment['SHUTDOWN_TIMEOUT_MS'] ?? DEFAULT_TIMEOUT_MS);
      expect(Number.parseInt(stop_grace_period ?? '', 10) * 1000, name).to.be.greaterThan(timeout);
    }
    for (const name of ['instance-1', 'instance-2']) checkAccessSettings(name, services[name]?.environment ?? {});
    const asked = [...read('deploy/nginx.conf').matchAll(/server ([\w-]+):(\d+) resolve;/g)].map(([, name, port]) => `${name}:${port}`);
    expect(asked).to.deep.equal(['instance-1:3000', 'instance-2:3000']);
  });

  it('M-48 in compose Redis and PostgreSQL have a network of their own, and passwords that no file holds', () => {
    interface Service {
      networks?: string[];
      ports?: string[];
      environment?: Env;
      command?: string[];
    }
    const file = parse(read('docker-compose.yml'), { merge: true }) as {
      services: Record<string, Service>;
      networks: Record<string, { internal?: boolean } | null>;
    };
    const on = (network: string) => Object.keys(file.services).filter((name) => file.services[name]?.networks?.includes(network));
    expect(file.networks['data']).to.deep.equal({ internal: true });
    expect(on('data')).to.have.members(['instance-1', 'instance-2', 'worker', 'migrate', 'redis', 'postgres']);
    expect(on('clients')).to.have.members(['balancer', 'instance-1', 'instance-2']);
    expect(Object.keys(file.services).filter((name) => file.services[name]?.ports !== undefined)).to.deep.equal(['balancer']);
    expect(file.services['redis']?.command?.join(' ')).to.contain('requirepass $$REDISCLI_AUTH');
    const text = read('docker-compose.yml');
    // `?` stops the start where there is none.
    for (const name of ['JWT_SECRET', 'REDIS_PASSWORD', 'POSTGRES_PASSWORD']) {
      expect(text)
        .to.contain(`\${${name}?`)
        .and.to.not.match(new RegExp(`\\$\\{${name}(:?-|\\})`));
    }
  });

  it('M-49 images that are not built here have exact versions', () => {
    const images = [
      ...[...read('docker-compose.yml').matchAll(/^ +image: (.*)$/gm)].map(([, image]) => image).filter((image) => image !== 'synckairos'),
      ...[...read('Dockerfile').matchAll(/^ARG NODE_IMAGE=(.*)$/gm)].map(([, image]) => image),
    ];
    expect(images).to.have.length(4);
    for (const image of images) expect(image).to.match(/^[a-z]+:\d+\.\d+(\.\d+)?(-slim)?(@sha256:[0-9a-f]{64})?$/);
  });

  it('M-32 the image does not run as root, checks its health, and starts an entry that is built', () => {
    const text = read('Dockerfile');
    const last = text.slice(text.lastIndexOf('\nFROM '));
    expect(last).to.match(/^USER node$/m);
    expect(last).to.match(/^HEALTHCHECK [^]*\/health/m);
    const [, env = ''] = /^ENV (.*)$/m.exec(last) ?? [];
    const variables = env.split(' ').map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]);
    const { NODE_OPTIONS: flags, ...environment } = Object.fromEntries(variables) as Env;
    checkEnvironment('Dockerfile', environment);
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Env };
    for (const name of ['start', 'start:server', 'start:worker']) expect(scripts[name], name).to.include(`node ${flags} `);
    checkCommand('Dockerfile', (JSON.parse(/^CMD (\[.*\])$/m.exec(last)?.[1] ?? '[]') as string[]).join(' '));
  });

  it('M-33 fly.toml uses only variables, commands, ports and paths that exist, and gives a shutdown enough time', () => {
    const text = read('fly.toml');
    const section = (name: string) =>
      new RegExp(`^ *\\[{1,2}${name.replaceAll('.', '\\.')}\\]{1,2}\\n((?:(?! *\\[).*\\n)*)`, 'm').exec(text)?.[1] ?? '';
    const pairs = (body: string) =>
      Object.fromEntries([...body.matchAll(/^ *(\w+) = "?(.*?)"?$/gm)].map(([, key, value]) => [key, value])) as Env;
    const env = pairs(section('env'));
    checkEnvironment('fly.toml', env);
    checkAccessSettings('fly.toml', env);
    expect(env).to.include({ CLIENT_ADDRESS_HEADER: 'Fly-Client-IP', TRUST_PROXY: 'true' });
    const scraped = [...text.matchAll(/^\[\[metrics\]\]\n((?:(?! *\[).*\n)*)/gm)].map(([, body = '']) => pairs(body)['port']);
    expect(scraped).to.deep.equal([env['OPERATOR_PORT'], env['WORKER_PORT']]);
    for (const [name, command] of Object.entries(pairs(section('processes')))) checkCommand(name, command);
    checkCommand('release', pairs(section('deploy'))['release_command'] ?? '');
    expect(pairs(section('http_service'))['internal_port']).to.equal(env['PORT']);
    expect(pairs(section('http_service.concurrency'))['type']).to.equal('connections');
    expect(pairs(section('http_service.checks'))['path']).to.equal('/ready');
    expect(pairs(section('checks.alive'))).to.include({ path: '/health', port: env['PORT'] });
    expect(pairs(section('checks.worker'))).to.include({ path: '/health', port: env['WORKER_PORT'] });
    const { kill_signal, kill_timeout } = pairs(text);
    expect(kill_signal).to.equal('SIGTERM');
    expect(Number.parseInt(kill_timeout ?? '', 10) * 1000).to.be.greaterThan(Number(env['SHUTDOWN_TIMEOUT_MS']));
  });

  it('M-70 each proxy of the deployment files gives an idle connection up before an instance closes it', () => {
    const [, nginx] = /upstream instances \{[^}]*\bkeepalive_timeout (\d+)s;/.exec(read('deploy/nginx.conf')) ?? [];
    const [, fly] = /\[http_service\.http_options\]\n(?:#.*\n)*idle_timeout = (\d+)\n/.exec(read('fly.toml')) ?? [];
    // ingress-nginx has one setting for the whole cluster, so the manifest only names its default in a comment.
    const [, ingress] = /upstream-keepalive-timeout[^.]* (\d+) s by default/.exec(read('deploy/kubernetes/network.yaml')) ?? [];
    for (const [name, seconds] of Object.entries({ nginx, fly, ingress })) {
      expect(Number(seconds) * 1000, name).to.be.within(1, KEEP_ALIVE_MS - 1_000);
    }
    expect(read('docs/OPERATIONS.md')).to.contain(`before ${KEEP_ALIVE_MS / 1000} s have passed`);
  });
});

interface Probe {
  httpGet: { path: string; port: string };
}
interface Container {
  name: string;
  image: string;
  command: string[];
  env?: { name: string; valueFrom: { secretKeyRef: { name: string; key: string } } }[];
  envFrom?: { configMapRef?: { name: string }; secretRef?: { name: string } }[];
  ports?: { name: string; containerPort: number }[];
  startupProbe?: Probe;
  readinessProbe?: Probe;
  livenessProbe?: Probe;
  lifecycle?: { preStop: { exec: { command: string[] } } };
  securityContext: { allowPrivilegeEscalation: boolean; readOnlyRootFilesystem: boolean };
  resources: { requests: object; limits: { memory: string } };
}
interface Manifest {
  apiVersion: string;
  kind: string;
  metadata: { name: string; labels: Record<string, string> };
  data?: Env;
  stringData?: Env;
  spec: {
    selector?: { matchLabels?: Env } & Env;
    template?: {
      metadata: { labels: Env; annotations?: Env };
      spec: { terminationGracePeriodSeconds?: number; securityContext: { runAsNonRoot: boolean }; containers: Container[] };
    };
    ports?: { targetPort: string }[];
    scaleTargetRef?: { name: string };
  };
}

describe('the Kubernetes example', () => {
  const manifests = readdirSync(path.join(ROOT, 'deploy/kubernetes'))
    .filter((file) => file.endsWith('.yaml'))
    .flatMap((file) =>
      parseAllDocuments(read(`deploy/kubernetes/${file}`)).map((document) => {
        expect(document.errors, file).to.deep.equal([]);
        return document.toJS() as Manifest;
      }),
    );
  const of = (kind: string) => manifests.filter((manifest) => manifest.kind === kind);
  const config = of('ConfigMap')[0]?.data ?? {};
  const secret = of('Secret')[0]?.stringData ?? {};

  it('M-34 the files for Kubernetes define every object that is needed, and use only variables that exist', () => {
    const kinds = new Set(manifests.map(({ kind }) => kind));
    for (const kind of 'ConfigMap Secret Deployment Job Service Ingress HorizontalPodAutoscaler PodDisruptionBudget NetworkPolicy'.split(
      ' ',
    )) {
      expect(kinds.has(kind), kind).to.equal(true);
    }
    for (const { apiVersion, kind, metadata } of manifests)
      expect(`${apiVersion} ${metadata.name}`, kind).to.match(/^(\w+[./])*v\d synckairos/);
    checkEnvironment('ConfigMap and Secret', { ...config, ...secret });
    for (const name of ['REDIS_URL', 'DATABASE_URL']) expect(config, name).not.to.have.property(name);
    checkAccessSettings('ConfigMap', config);
    // An example of a key that somebody applies as it is would be everybody's key.
    expect({ ...config, ...secret }).to.not.have.property('JWT_SECRET');
    for (const { metadata, spec } of of('Deployment')) {
      const sources = spec.template?.spec.containers[0]?.envFrom?.flatMap(({ secretRef }) => secretRef?.name ?? []);
      expect(sources, metadata.name).to.deep.equal(['synckairos', 'synckairos-jwt']);
    }
  });

  it('M-35 probes use ports and paths that exist, and a pod has more time to end than a shutdown may take', () => {
    for (const { metadata, spec } of of('Deployment')) {
      const pod = spec.template?.spec;
      const container = pod?.containers[0];
      const isWorker = metadata.name.endsWith('worker');
      const ports = isWorker ? [config['WORKER_PORT']] : [config['PORT'], config['OPERATOR_PORT']];
      checkCommand(metadata.name, container?.command.join(' ') ?? '');
      expect(container?.ports?.map(({ containerPort }) => String(containerPort))).to.deep.equal(ports);
      expect(spec.template?.metadata.annotations?.['prometheus.io/port']).to.equal(ports.at(-1));
      for (const [probe, asked] of [
        [container?.startupProbe, '/health'],
        [container?.readinessProbe, '/ready'],
        [container?.livenessProbe, '/health'],
      ] as const) {
        expect(probe?.httpGet, metadata.name).to.deep.equal({ path: asked, port: container?.ports?.[0]?.name });
      }
      const waits = Number(container?.lifecycle?.preStop.exec.command[1] ?? 0) * 1000;
      expect((pod?.terminationGracePeriodSeconds ?? 30) * 1000).to.be.greaterThan(Number(config['SHUTDOWN_TIMEOUT_MS']) + waits);
    }
  });

  it('M-36 every pod runs without root, without a writable file system and with a limit of memory', () => {
    const pods = [...of('Deployment'), ...of('Job')];
    expect(pods).to.have.lengthOf(3);
    for (const { metadata, spec } of pods) {
      const pod = spec.template?.spec;
      expect(pod?.securityContext.runAsNonRoot, metadata.name).to.equal(true);
      for (const { command, securityContext, resources } of pod?.containers ?? []) {
        checkCommand(metadata.name, command.join(' '));
        expect(securityContext, metadata.name).to.include({ allowPrivilegeEscalation: false, readOnlyRootFilesystem: true });
        expect(resources.limits.memory, metadata.name).to.match(/^\d+[MG]i$/);
      }
      if (metadata.name !== 'synckairos-migrate') expect(spec.selector?.matchLabels).to.deep.equal(spec.template?.metadata.labels);
    }
    const [service] = of('Service');
    const instances = of('Deployment').find(({ metadata }) => metadata.name === 'synckairos');
    expect(service?.spec.selector).to.deep.equal(instances?.spec.template?.metadata.labels);
    expect(service?.spec.ports?.[0]?.targetPort).to.equal(instances?.spec.template?.spec.containers[0]?.ports?.[0]?.name);
    expect(of('HorizontalPodAutoscaler')[0]?.spec.scaleTargetRef?.name).to.equal('synckairos');
  });
});
