"""Words for made-up providers, cases and questions, with which the product is tried at full size."""

_PLACES = ("北京", "上海", "广州", "深圳", "杭州", "成都", "武汉", "南京", "西安", "苏州", "厦门", "长沙", "青岛", "合肥", "郑州")
_NAMES = ("云帆", "启航", "蓝图", "微光", "易联", "智汇", "数安", "云桥", "慧算", "明策", "远图", "同心", "青禾", "极客", "万象", "百川")
_TRADES = ("科技", "网络", "软件", "信息", "数据", "智能")
_APPS = ("日程", "考勤", "报销", "审批", "客户", "工单", "培训", "招聘", "合同", "巡检", "会议", "公告", "问卷", "进销存", "薪资", "排班")
_SORTS = ("助手", "管家", "通", "云", "宝")
_SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗"
_GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超霞平刚"
STAFF = ("林", "周", "陈", "许", "梁", "宋", "郑", "谢", "唐", "冯", "于", "董")

FACTS = (
    "应用没有任何功能，打开后只有客服的联系方式。",
    "应用打开后跳转到站外页面，介绍中的功能都不能使用。",
    "应用的界面、功能和介绍与另一款应用高度相似。",
    "同一服务商以不同名称上架了功能完全重合的应用。",
)
REASONS = "经两次核查，情况属实，服务商没有提出合理的说明。"
RECOVERY = "提供应用介绍中的全部功能，并去掉引导添加客服的页面。"
CONTACT = "平台运营 ops@example.com"
REVOKED = "复核后认定有误。"
NOTE = "已电话联系服务商，对方表示会尽快整改。"
OBJECTED = "应用的功能需要管理员先行配置，核查时尚未配置完成，请重新核查。"
WITHDRAW = "产品调整，申请撤出应用榜单推荐。"
AGAIN = "已按要求完成整改，申请重新获得推荐和搜索。"
PARTS = {
    "root_cause": "新版本发布时误将演示环境上架，功能入口没有开放。",
    "done": "已开放介绍中的全部功能，并下线了引导添加客服的页面。",
    "prevention": "发布前由专人按清单逐项核对，并保留核对记录。",
}
ACCEPTED = "整改到位，予以通过。"
BROADCAST = "平台通知（第 {number} 期）：请各服务商及时核对应用信息。"
ASKED = (
    "应用下架后怎么恢复",
    "什么是套壳应用",
    "克隆应用怎么认定",
    "取消推荐后多久能恢复",
    "处理通知发给谁",
    "对处理结果不服怎么办",
    "怎么申请撤出推荐",
    "永久下架是什么意思",
    "应用榜单怎么排名",
    "整改报告写什么",
)
UNANSWERED = (
    "整改报告要在几天内提交",
    "违规会罚多少钱",
    "客服电话是多少",
    "怎么开发票",
    "接口报错 60011 怎么办",
    "能不能帮我写整改报告",
    "应用收费标准是什么",
    "怎么上架新应用",
)
REPLY = "请看第 {clause} 条。"
REFUSED = "规则里没有写到这一点。"


def company(n: int) -> str:
    """The n-th provider's name; each n has its own."""
    place, rest = _PLACES[n % len(_PLACES)], n // len(_PLACES)
    name, rest = _NAMES[rest % len(_NAMES)], rest // len(_NAMES)
    trade, rest = _TRADES[rest % len(_TRADES)], rest // len(_TRADES)
    return f"{place}{name}{trade}有限公司" + (f"（{rest + 1}）" if rest else "")


def app(n: int) -> str:
    """The n-th app's name."""
    word, rest = _APPS[n % len(_APPS)], n // len(_APPS)
    sort, rest = _SORTS[rest % len(_SORTS)], rest // len(_SORTS)
    return f"{word}{sort}" + (f" {rest + 1}" if rest else "")


def person(n: int) -> str:
    """The n-th person's name."""
    return f"{_SURNAMES[n % len(_SURNAMES)]}{_GIVEN[n // len(_SURNAMES) % len(_GIVEN)]}{_GIVEN[n // 7 % len(_GIVEN)]}"
