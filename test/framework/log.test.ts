import { expect } from 'chai';
import { ServiceError } from '../../src/framework/errors.ts';
import { createLog } from '../../src/framework/log.ts';
import { Tokens } from '../../src/framework/token.ts';
import { testRing } from '../support/keys.ts';

function logged(message: string, fields: Record<string, unknown> = {}): string {
  const lines: string[] = [];
  createLog((line) => lines.push(line)).error(message, fields);
  expect(lines).to.have.length(1);
  return lines[0] ?? '';
}

describe('the log', () => {
  it('writes one line of JSON for each record', () => {
    const line = logged('a\nb\r\u001b[31m\u2028\u009b', { name: 'x\ny' });
    expect(line).to.match(/^[\u0020-\u007e]+\n$/);
    expect(JSON.parse(line)).to.include({ level: 'error', message: 'a\nb\r\u001b[31m\u2028\u009b', name: 'x\ny' });
  });

  it('keeps its own fields whatever a record brings', () => {
    expect(JSON.parse(logged('real', { message: 'forged', level: 'info' }))).to.include({ message: 'real', level: 'error' });
  });

  it('cuts long texts', () => {
    expect(logged('x', { name: 'y'.repeat(1_000_000) })).to.have.length.below(3_000);
  });

  it('shows the cause of an error, which no caller sees', () => {
    const cause = new Error('connect ECONNREFUSED');
    const { error } = JSON.parse(logged('x', { error: new ServiceError('Upstream', 'Rancher is away', { cause }) })) as {
      error: { message: string; cause: { message: string } };
    };
    expect(error.message).to.equal('Rancher is away');
    expect(error.cause.message).to.equal('connect ECONNREFUSED');
  });

  it('writes what holds itself, and large integers', () => {
    const error = new Error('round');
    error.cause = error;
    expect(JSON.parse(logged('x', { error })))
      .to.include({ message: 'x' })
      .and.to.have.property('unreadable');
    expect(JSON.parse(logged('x', { count: 12n }))).to.include({ count: '12' });
  });

  it('holds no credential', () => {
    const token = new Tokens(testRing()).sign({ config: {}, driver: 'a', projectId: '1a5', uuid: 'u' });
    const cause = new Error(`GET http://rancher/genericobjects?key=receiverkey&x=1: Authorization Basic YWNjZXNzOnNlY3JldA==`);
    const line = logged(`POST /v1-webhooks/endpoint?token=${token}`, {
      error: new Error(`near ${token}`, { cause }),
      list: [`secret=hidden`, { bearer: 'Bearer abc.def' }],
    });
    for (const secret of [...token.split('.'), 'receiverkey', 'YWNjZXNzOnNlY3JldA', 'hidden', 'abc.def'])
      expect(line).not.to.include(secret);
    expect(line).to.include('x=1');
  });
});
