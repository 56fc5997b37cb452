import { expect } from 'chai';
import { z } from 'zod';
import { CONTRACT_VERSION } from '#contract';
import versions from '../../client-sdk/src/contract/versions.json' with { type: 'json' };
import { hashOf, shapeOf, wireHash } from './wire-hash.ts';

const FILE = 'client-sdk/src/contract/versions.json';
const hashOfSchema = (schema: z.ZodType) => hashOf(shapeOf(schema));

describe('the number of the contract', () => {
  it('D-22 the number of the contract is the last one of its history, which counts from 1 without a gap and names each change', () => {
    expect(versions.map(({ number }) => number)).to.deep.equal(versions.map((_, index) => index + 1));
    expect(versions.at(-1)?.number).to.equal(CONTRACT_VERSION);
    expect(versions.map(({ date }) => date)).to.deep.equal(versions.map(({ date }) => date).toSorted());
    for (const { date, change } of versions) {
      expect(date).to.match(/^\d{4}-\d\d-\d\d$/);
      expect(change).to.match(/^[A-Z].+\.$/);
    }
    expect(new Set(versions.map(({ schemas }) => schemas)).size).to.equal(versions.length);
  });

  it('D-23 the hash beside the number of the contract is that of the present schemas, so that each change raises the number', () => {
    const now = wireHash();
    expect(
      versions.at(-1)?.schemas,
      `The schemas of the wire have changed. If a client or a server can notice it, set CONTRACT_VERSION to ${CONTRACT_VERSION + 1} and add a line to ${FILE} ` +
        `with this number, the date, "schemas": "${now}" and what has changed. If the same wire is only written in another way, ` +
        'for example by another version of zod, replace the hash of the last line',
    ).to.equal(now);
  });

  it('D-24 the hash of the schemas differs for an added optional field, and not for texts or the order of fields', () => {
    const schema = z.object({ session_id: z.string(), mode: z.enum(['a', 'b']).optional(), version: z.int() });
    const same = z.object({
      version: z.int(),
      mode: z.enum(['b', 'a']).optional(),
      session_id: z.string().meta({ description: 'Whose', examples: ['x'] }),
    });
    expect(hashOfSchema(same)).to.equal(hashOfSchema(schema));
    expect(hashOfSchema(schema.extend({ description: z.string().optional() }))).not.to.equal(hashOfSchema(schema));
    expect(hashOfSchema(schema.extend({ mode: z.enum(['a', 'b', 'c']).optional() }))).not.to.equal(hashOfSchema(schema));
    expect(hashOfSchema(schema.extend({ mode: z.enum(['a', 'b']) }))).not.to.equal(hashOfSchema(schema));
  });
});
