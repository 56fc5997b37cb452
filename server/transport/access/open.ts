import type { Config } from '../../config.ts';
import type { Grants } from './grant-ports.ts';
import type { Logger } from '../../observability/logger.ts';
import { Access } from './access.ts';
import { Links } from './links.ts';
import { type TokenKey, TokenVerifier } from './tokens.ts';

/** Opens the checks of tokens and roles that the settings ask for; undefined with AUTH_MODE=none. */
export function openAccess(
  config: Config,
  grants: Grants,
  now: () => number,
  logger: Logger,
): { access: Access; tokens: TokenVerifier } | undefined {
  warn(config, logger);
  if (config.AUTH_MODE === 'none') return undefined;
  const linkSecret = config.LINK_SECRET ?? config.JWT_SECRET;
  const links = linkSecret === undefined ? undefined : new Links(linkSecret, grants, now);
  const tokens = new TokenVerifier({
    key: keyOf(config),
    issuer: config.JWT_ISSUER,
    audience: config.JWT_AUDIENCE,
    toleranceSeconds: config.JWT_CLOCK_TOLERANCE_SECONDS,
    links,
    now,
    logger,
  });
  return { access: new Access(links, now), tokens };
}

/** The settings have exactly one key (requireOneKey). */
function keyOf({ JWT_SECRET: secret, JWT_PUBLIC_KEY: publicKey, JWT_JWKS_URL: jwksUrl }: Config): TokenKey {
  if (publicKey !== undefined) return publicKey;
  return secret === undefined ? { jwksUrl: jwksUrl ?? '' } : { secret };
}

function warn({ AUTH_MODE: mode, NODE_ENV: environment, ...config }: Config, logger: Logger): void {
  const isProduction = environment === 'production';
  if (mode === 'none' && isProduction) logger.warn('AUTH_MODE=none: whoever reaches this server may read and change every session');
  for (const name of ['JWT_SECRET', 'JWT_PUBLIC_KEY', 'JWT_JWKS_URL'] as const) {
    if (mode === 'none' && config[name] !== undefined) logger.warn(`${name} has no effect with AUTH_MODE=none`);
  }
  if (mode === 'jwt' && config.JWT_JWKS_URL?.startsWith('http:') === true) {
    logger.warn('JWT_JWKS_URL is not https: whoever is between may sign tokens for anybody');
  }
  for (const name of ['JWT_ISSUER', 'JWT_AUDIENCE'] as const) {
    if (mode === 'jwt' && isProduction && config[name] === undefined) {
      logger.warn(`${name} is not set: tokens that were made for other services with the same key are accepted`);
    }
  }
}
