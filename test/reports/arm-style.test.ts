import { describe, expect, it } from 'vitest';
import { styleArms, styleSeries } from '../../reports/arm-style.js';
import { insideSentence, sentenceStart } from '../../reports/wording.js';
import { buildFindingView } from '../fixtures/reports/finding-view.js';
import { buildTrendView, buildTwoFactorView } from '../fixtures/reports/rich-views.js';

const looks = ({ color, dash }: { color: string; dash: readonly number[] }) => `${color} ${dash.join(' ')}`;

describe('styles of arms', () => {
  it('tells every arm of a chart apart, by colour and not by colour alone', () => {
    for (const { arms, factors } of [buildFindingView(), buildTrendView(), buildTwoFactorView()]) {
      const styles = [...styleArms(arms, factors).values()];
      expect(new Set(styles.map(looks)).size).toBe(arms.length);
      expect(new Set(styles.map(({ dash, hollow }) => `${dash.join(' ')} ${hollow}`)).size).toBeGreaterThan(1);
    }
  });

  it('gives the levels of a quality one colour each and those of a quantity their dashes', () => {
    const { arms, factors } = buildTwoFactorView();
    const styles = styleArms(arms, factors);
    for (const { id, levels } of arms) {
      for (const other of arms) {
        const alike = styles.get(id)!.color === styles.get(other.id)!.color;
        expect(alike).toBe(levels.start === other.levels.start);
        expect(String(styles.get(id)!.dash) === String(styles.get(other.id)!.dash)).toBe(
          levels.share === other.levels.share,
        );
      }
    }
    expect(styles.get('staged.20')!.color).toBe('var(--treatment)');
    expect(styles.get('scratch.20')!.color).toBe('var(--control)');
  });

  it('orders the colours of doses by the doses, however the arms are listed', () => {
    const { arms, factors } = buildTrendView();
    const reversed = styleArms([...arms].reverse(), factors);
    const shades = arms.map(({ id }) => reversed.get(id)!.color);
    expect(shades).toEqual([...shades].sort());
    expect(new Set(shades).size).toBe(4);
  });

  it('gives a series the colour of the arms that it runs through', () => {
    const view = buildTwoFactorView();
    const [staged, unaligned, scratch, other] = styleSeries(
      ['staged model', 'without alignment stages', 'from scratch', 'something else'],
      view,
    );
    const arms = styleArms(view.arms, view.factors);
    expect(staged!.color).toBe(arms.get('staged.5')!.color);
    expect(unaligned!.color).toBe(arms.get('unaligned.5')!.color);
    expect(scratch!.color).toBe(arms.get('scratch.5')!.color);
    expect([staged, unaligned, scratch].map((style) => style!.color)).not.toContain(other!.color);
  });
});

describe('labels in sentences', () => {
  it('change their first letter only where the word is an ordinary one', () => {
    expect(sentenceStart('answer accuracy')).toBe('Answer accuracy');
    expect(sentenceStart('yes/no accuracy')).toBe('Yes/no accuracy');
    expect(sentenceStart('tIoU')).toBe('tIoU');
    expect(insideSentence('Share of the questions')).toBe('share of the questions');
    expect(insideSentence('CIDEr-D')).toBe('CIDEr-D');
    expect(insideSentence('AI captions')).toBe('AI captions');
  });
});
