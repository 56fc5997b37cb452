import { expect } from 'chai';
import { ConnectionCredits, Credits, CreditsByKey, personCredits } from '../../server/transport/costs.ts';

const KIB = 1024;
/** What one credit pays for. */
const CREDIT = 16 * KIB;
/** Any instant will do; the clock is the caller's. */
const T0 = 5_000_000;

describe('credits', () => {
  it('Q-50 work is accepted while there are credits, and debt is paid off second by second', () => {
    const credits = new Credits(10);
    expect(credits.check(T0)).to.equal(0);
    credits.charge(T0, 9.5);
    expect(credits.check(T0 + 500)).to.equal(0);
    credits.charge(T0 + 500, 30);
    // 29.5 in debt: three seconds of credits make it positive.
    expect(credits.check(T0 + 600)).to.equal(2_400);
    expect(credits.check(T0 + 2_999)).to.equal(1);
    expect(credits.check(T0 + 3_000)).to.equal(0);
  });

  it('Q-50 the wait in a refusal is exact, whatever the debt', () => {
    for (const debt of [0, 0.25, 9.75, 10, 10.5, 99, 100]) {
      const credits = new Credits(10);
      credits.charge(T0, 10 + debt);
      const wait = credits.check(T0);
      expect(wait, String(debt)).to.be.above(0);
      expect(credits.check(T0 + wait - 1), String(debt)).to.equal(1);
      expect(credits.check(T0 + wait), String(debt)).to.equal(0);
    }
  });

  it('Q-50 a second begins with its first use, and unused credits are saved up to a limit', () => {
    const credits = new Credits(10, 30);
    credits.charge(T0, 30);
    expect(credits.check(T0)).to.equal(1_000);
    expect(credits.isFull(T0 + 2_999)).to.equal(false);
    expect(credits.isFull(T0 + 3_000)).to.equal(true);
    credits.charge(T0 + 60_700, 30);
    expect(credits.check(T0 + 60_700)).to.equal(1_000);
  });

  it('Q-51 a connection has so many frames a second; refused ones cost it nothing of the next second', () => {
    const credits = new ConnectionCredits(5);
    const send = (now: number) => credits.frame(now, 40);
    for (let i = 0; i < 5; i++) expect(send(T0 + i)).to.equal(null);
    for (let i = 0; i < 4; i++) expect(send(T0 + 100)).to.deep.equal({ limit: 'socket', waitMs: 900, pauseMs: 0 });
    for (let i = 0; i < 5; i++) expect(send(T0 + 1_000)).to.equal(null);
  });

  it('Q-51 a connection far beyond its limit is not read until it may send again', () => {
    const credits = new ConnectionCredits(5);
    for (let i = 0; i < 5; i++) credits.frame(T0, 40);
    const verdicts = Array.from({ length: 10 }, () => credits.frame(T0 + 400, 40));
    expect(verdicts.map((verdict) => verdict?.pauseMs)).to.deep.equal([...Array<number>(9).fill(0), 600]);
  });

  it('Q-52 moved bytes are charged afterwards, against what ten quiet seconds have saved up', () => {
    const credits = new ConnectionCredits(50);
    for (let i = 0; i < 5; i++) {
      expect(credits.frame(T0 + i, 0)).to.equal(null);
      credits.moved(T0 + i, 110 * CREDIT);
    }
    expect(credits.frame(T0 + 10, 0)).to.deep.equal({ limit: 'socket_work', waitMs: 1_990, pauseMs: 0 });
    expect(credits.frame(T0 + 2_000, 0)).to.equal(null);
  });

  it('Q-52 frames that are refused for their size cost by their bytes, and stop being read', () => {
    const credits = new ConnectionCredits(50);
    const frame = (now: number) => credits.frame(now, 2 * 1_024 * KIB);
    for (let i = 0; i < 4; i++) expect(frame(T0)).to.equal(null);
    expect(frame(T0)).to.deep.equal({ limit: 'socket_work', waitMs: 1_000, pauseMs: 1_000 });
    expect(frame(T0 + 1_000)?.pauseMs).to.equal(1_000);
  });

  it('Q-53 a person has the work of four connections, however many they open; others have theirs', () => {
    const people = personCredits(50);
    const connect = (name: string) => {
      const credits = new ConnectionCredits(50);
      credits.belongsTo(people, name);
      return credits;
    };
    const mallory = Array.from({ length: 40 }, () => connect('mallory'));
    const anna = connect('anna');
    let moved = 0;
    for (let now = T0; now < T0 + 60_000; now += 100) {
      for (const credits of mallory) {
        if (credits.frame(now, 0) !== null) continue;
        credits.moved(now, 20 * CREDIT);
        moved += 20;
      }
    }
    // Twenty seconds saved up, a minute of 200 a second, and what was under way.
    expect(moved).to.be.within(4_000 + 59 * 200, 4_000 + 60 * 200 + 40 * 20);
    expect(anna.frame(T0 + 60_000, 0)).to.equal(null);
  });

  it('Q-53 a thousand people who come by one link may join a session at once', () => {
    const people = personCredits(50);
    for (let i = 0; i < 1_000; i++) {
      const credits = new ConnectionCredits(50);
      credits.belongsTo(people, 'link');
      expect(credits.frame(T0, 200)).to.equal(null);
      credits.moved(T0, 50 * KIB);
    }
    expect(people.of('link', T0).check(T0)).to.equal(0);
  });

  it('Q-54 a limit of 0 accepts everything, whatever it costs', () => {
    const credits = new ConnectionCredits(0);
    credits.belongsTo(personCredits(0), 'anna');
    for (let i = 0; i < 1_000; i++) {
      expect(credits.frame(T0, 2 * 1_024 * KIB)).to.equal(null);
      credits.moved(T0, 1_000 * 1_024 * KIB);
    }
  });

  it('Q-55 credits of many are forgotten once they are full again, and debts are not', () => {
    let made = 0;
    const many = new CreditsByKey(() => {
      made += 1;
      return new Credits(1);
    });
    many.of('debtor', T0).charge(T0, 1_000);
    for (let i = 0; i < 5_000; i++) many.of(`${i}`, T0).charge(T0, 1);
    for (let i = 0; i < 5_000; i++) many.of(`later ${i}`, T0 + 2_000);
    expect(made).to.equal(10_001);
    for (let i = 0; i < 5_000; i++) many.of(`${i}`, T0 + 2_000);
    expect(made, 'made anew').to.equal(15_001);
    expect(many.of('debtor', T0 + 2_000).check(T0 + 2_000)).to.be.above(900_000);
  });
});
