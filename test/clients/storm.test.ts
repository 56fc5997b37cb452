import { expect } from 'chai';
import { reconnectStorm, type StormReport } from './reconnect-storm.ts';

const CLIENTS = 500;

describe('a crowd that comes back all at once', function () {
  this.timeout(300_000);

  const noHarm = ({ storm, behind, trailReads, during, socketsLeft, roomsLeft }: StormReport) => {
    expect(storm.took, 'everybody is in their room').to.have.length(CLIENTS);
    expect({ behind, trailReads, socketsLeft, roomsLeft }).to.deep.equal({ behind: 0, trailReads: 0, socketsLeft: 0, roomsLeft: 0 });
    expect(during).to.deep.include({ unanswered: [], skipped: 0 });
    // Where nothing else uses the machine it may be over before the next deadline.
    expect(during.commands, 'commands went on').to.be.above(0);
  };

  it(`Y-20 after the connections of ${CLIENTS} clients broke, all are back in their rooms and up to date, nobody else notices, and PostgreSQL is not asked`, async () => {
    noHarm(await reconnectStorm({ clients: CLIENTS, how: 'cut', spreadMs: 500 }));
  });

  it(`Y-21 after the instance of ${CLIENTS} clients was killed, all are in their rooms at another one and up to date, nobody else notices, and PostgreSQL is not asked`, async () => {
    noHarm(await reconnectStorm({ clients: CLIENTS, how: 'kill', spreadMs: 500 }));
  });
});
