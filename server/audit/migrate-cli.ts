import { applyMigrations, MigrationError } from './migrate.ts';

/**
 * `npm run migrate`: applies the missing migrations to DATABASE_URL. Exits with 0, or with 1 after one line with the
 * cause.
 */
async function main(): Promise<number> {
  const databaseUrl = process.env['DATABASE_URL'];
  if (!databaseUrl || !URL.canParse(databaseUrl) || !/^postgres(ql)?:$/.test(new URL(databaseUrl).protocol)) {
    const problem = databaseUrl ? 'must be a URL that begins with postgresql:// or postgres://' : 'must be set';
    console.error(`DATABASE_URL ${problem}`);
    return 1;
  }
  try {
    const { host, pathname } = new URL(databaseUrl);
    console.log(`Applying migrations to ${host}${pathname}`);
    const applied = await applyMigrations(databaseUrl);
    for (const name of applied) console.log(`Applied ${name}`);
    console.log(applied.length === 0 ? 'Up to date, nothing to apply' : 'Up to date');
    return 0;
  } catch (error) {
    if (!(error instanceof MigrationError)) throw error;
    console.error(error.message);
    return 1;
  }
}

process.exit(await main());
